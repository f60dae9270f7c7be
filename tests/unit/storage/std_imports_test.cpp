// std.imports on small exports with the real headers and the traps that real ones hold.
#include "tests/unit/storage/import_text.hpp"

using namespace kpi::storage;
using namespace kpi::storage::test;
using Lines = std::vector<std::string>;

namespace {

const kpi::model::Policy& imports() {
  static const kpi::model::Policy policy = bind_text(read_file(std::string(KPI_SOURCE_DIR) + "/stdlib/imports.kpi"));
  return policy;
}

/// Cells by header; headers not named are empty.
using Row = std::vector<std::pair<std::string, std::string>>;

std::string csv(const std::vector<std::string>& header, const std::vector<Row>& rows, char separator = ',',
                bool quotes = true) {
  std::string text;
  const auto line = [&](const auto& cell_of) {
    for (const std::string& name : header) {
      if (&name != &header.front()) text += separator;
      std::string cell = cell_of(name);
      if (quotes && cell.find_first_of(",\"\n") != std::string::npos) {
        std::string doubled;
        for (const char c : cell) doubled += c == '"' ? "\"\"" : std::string(1, c);
        cell = '"' + doubled + '"';
      }
      text += cell;
    }
    text += "\r\n";
  };
  line([](const std::string& name) { return name; });
  for (const Row& row : rows) {
    for (const auto& [name, value] : row) {
      INFO(name);
      REQUIRE(std::find(header.begin(), header.end(), name) != header.end());
    }
    line([&](const std::string& name) {
      for (const auto& [key, value] : row) {
        if (key == name) return value;
      }
      return std::string();
    });
  }
  return text;
}

const std::vector<std::string> kTiktokOrders = {"Order ID",
                                                "Order Status",
                                                "Order Substatus",
                                                "Cancelation/Return Type",
                                                "Normal or Pre-order",
                                                "SKU ID",
                                                "Seller SKU",
                                                "Product Name",
                                                "Variation",
                                                "Quantity",
                                                "Sku Quantity of return",
                                                "SKU Unit Original Price",
                                                "SKU Subtotal Before Discount",
                                                "SKU Platform Discount",
                                                "SKU Seller Discount",
                                                "SKU Subtotal After Discount",
                                                "Shipping Fee After Discount",
                                                "Original Shipping Fee",
                                                "Shipping Fee Seller Discount",
                                                "Shipping Fee Platform Discount",
                                                "Payment platform discount",
                                                "Taxes",
                                                "Order Amount",
                                                "Order Refund Amount",
                                                "Created Time",
                                                "Paid Time",
                                                "RTS Time",
                                                "Shipped Time",
                                                "Delivered Time",
                                                "Cancelled Time",
                                                "Cancel By",
                                                "Cancel Reason",
                                                "Fulfillment Type",
                                                "Warehouse Name",
                                                "Tracking ID",
                                                "Delivery Option",
                                                "Shipping Provider Name",
                                                "Buyer Message",
                                                "Buyer Username",
                                                "Recipient",
                                                "Phone #",
                                                "Country",
                                                "Province",
                                                "District",
                                                "Commune",
                                                "Detail Address",
                                                "Additional address information",
                                                "Payment Method",
                                                "Weight(kg)",
                                                "Product Category",
                                                "Package ID",
                                                "Seller Note",
                                                "Checked Status",
                                                "Checked Marked by"};

Row tiktok_line(const std::string& order, const std::string& sku, const std::string& price, const std::string& total,
                const std::string& time) {
  return {{"Order ID", order + "\t"},
          {"SKU ID", sku + "\t"},
          {"Order Status", "Completed"},
          {"Quantity", "2"},
          {"Sku Quantity of return", "1"},
          {"SKU Unit Original Price", price},
          {"SKU Subtotal After Discount", price},
          {"Order Amount", total},
          {"Order Refund Amount", total},
          {"Created Time", time + "\t"},
          {"Paid Time", time + "\t"},
          {"Cancelled Time", "\t"},
          {"Buyer Username", "someone"}};
}

const Row kTiktokDescription = {
    {"Order ID", "Platform unique order ID."}, {"SKU ID", "Platform SKU ID."}, {"Quantity", "SKU sold quantity."}};

std::vector<std::string> select(const Folder& folder, const std::string& sql) {
  return rows(folder.path("shop.db"), sql);
}

ImportReport load(const Folder& folder, const std::string& import, const std::string& text) {
  return run_import(imports(), import, folder.path("shop.db"), folder.write("export.csv", text));
}

}  // namespace

TEST_CASE("TikTok Shop: an order of two SKUs is one order and two lines") {
  const Folder folder;
  const std::string text =
      csv(kTiktokOrders,
          {kTiktokDescription,
           tiktok_line("576460000000000123", "1729382256910000001", "100000", "250000", "06/10/2026 09:30:33"),
           tiktok_line("576460000000000123", "1729382256910000002", "150000", "250000", "06/10/2026 09:30:33"),
           tiktok_line("576460000000000124", "1729382256910000001", "100000", "100000", "28/10/2026 00:00:00")});
  CHECK(counts(load(folder, "tiktok_shop_orders", text)) == "2/0/0/1/1/0");
  CHECK(counts(load(folder, "tiktok_shop_order_lines", text)) == "3/0/0/0/1/0");
  CHECK(counts(load(folder, "tiktok_shop_orders", text)) == "0/0/2/1/1/0");
  CHECK(select(folder,
               "SELECT order_id || ' ' || amount || ' ' || refunded || ' ' || paid_at || ' ' || is_paid || "
               "is_cancelled || platform FROM orders") ==
        Lines{"576460000000000123 250000 250000 2026-10-06T09:30:33 10tiktok_shop",
              "576460000000000124 100000 100000 2026-10-28T00:00:00 10tiktok_shop"});
  CHECK(select(folder,
               "SELECT sku_id || ' ' || amount || ' ' || quantity || ' ' || quantity_returned FROM order_lines WHERE "
               "order_id = '576460000000000123'") ==
        Lines{"1729382256910000001 100000 2 1", "1729382256910000002 150000 2 1"});
  CHECK(select(folder,
               "SELECT group_concat(name) FROM pragma_table_info('orders') WHERE name IN ('recipient', 'phone')") ==
        Lines{""});
}

TEST_CASE("TikTok Shop: the wrong order of day and month is rejected, the right one read") {
  const std::string text =
      csv(kTiktokOrders, {kTiktokDescription, tiktok_line("1", "2", "5", "5", "12/15/2025 9:30:33 AM")});
  const Folder folder;
  const ImportReport wrong = load(folder, "tiktok_shop_orders", text);
  CHECK(counts(wrong) == "0/0/0/0/1/1");
  CHECK(reject_codes(wrong) == Lines{"3 K0585 reject_time"});
  CHECK(counts(load(folder, "tiktok_shop_orders_month_first", text)) == "1/0/0/0/1/0");
  CHECK(select(folder, "SELECT paid_at FROM orders") == Lines{"2025-12-15T09:30:33"});
}

TEST_CASE("TikTok Shop, Brazil: prefix, decimal comma and thousands point") {
  Row line = tiktok_line("1", "2", "BRL 1.035,91", "BRL 1.035,91", "12/15/2025 9:30:33 PM");
  Row mixed = tiktok_line("3", "2", "USD 5,00", "BRL 5,00", "12/15/2025 9:30:33 PM");
  const std::string text = csv(kTiktokOrders, {line, mixed});
  const Folder folder;
  CHECK(counts(load(folder, "tiktok_shop_orders_br", text)) == "2/0/0/0/0/0");
  CHECK(select(folder, "SELECT amount || currency || paid_at FROM orders WHERE order_id = '1'") ==
        Lines{"1035.91BRL2025-12-15T21:30:33"});
  const ImportReport lines = load(folder, "tiktok_shop_order_lines_br", csv(kTiktokOrders, {line}));
  CHECK(counts(lines) == "1/0/0/0/0/0");
  CHECK(select(folder, "SELECT amount || currency FROM order_lines") == Lines{"1035.91BRL"});
  CHECK(
      reject_codes(load(folder, "tiktok_shop_orders",
                        csv(kTiktokOrders, {tiktok_line("9", "2", "BRL 5.00", "BRL 5.00", "01/02/2026 10:00:00")}))) ==
      Lines{"2 K0587 reject_currency"});
}

TEST_CASE("TikTok Ads Manager: headers vary, later reports of a day replace earlier ones") {
  const Folder folder;
  const std::string first =
      "Campaign name,Ad Group Name,Date,Ad Name,Cost,CPC (Destination),CPM,Impression,Clicks (Destination),CTR "
      "(Destination),Conversions,CPA,Currency\n"
      "\"A | B, C/\",G,2023-10-23,Ad 1,5779,1926,11722,493,3,0.61,0,0,IDR\n";
  CHECK(counts(load(folder, "tiktok_ads_manager", first)) == "1/0/0/0/0/0");
  const std::string later =
      "Campaign name,Ad group name,By Day,Ad name,Cost,Impressions,Clicks (destination),Conversions,Currency\n"
      "\"A | B, C/\",G,2023-10-23,Ad 1,5779,493,3,1,IDR\n\"A | B, C/\",G,2023-10-24,Ad 1,\"1,000\",\"1,200\",4,1,IDR\n"
      "Total of 2 results,,,,6779,1693,7,2,IDR\n";
  CHECK(counts(load(folder, "tiktok_ads_manager", later)) == "1/1/0/0/1/0");
  CHECK(select(folder,
               "SELECT day || ' ' || campaign || ' ' || spend || ' ' || impressions || ' ' || conversions || ' ' || "
               "currency FROM ads") ==
        Lines{"2023-10-23 A | B, C/ 5779 493 1 IDR", "2023-10-24 A | B, C/ 1000 1200 1 IDR"});
}

TEST_CASE("TikTok Shop ads by ad id, with a full-width bracket in a header") {
  const Folder folder;
  const std::string text =
      "Ad ID,Ad name,Cost,Gross revenue (Shop),Purchases (Shop),Items purchased (Shop),Adds to cart (Shop),Checkouts "
      "initiated (Shop),"
      "Product page views (Shop),Impressions,Clicks (destination）,By "
      "Day\n1800000000000000001,A,10.50,99.90,3,4,9,5,50,1000,20,2026-07-01\n";
  CHECK(counts(load(folder, "tiktok_shop_ads", text)) == "1/0/0/0/0/0");
  CHECK(select(folder, "SELECT ad_id || ' ' || spend || ' ' || sales || ' ' || clicks FROM ads") ==
        Lines{"1800000000000000001 10.50 99.90 20"});
}

TEST_CASE("Shopify: the order's columns stand on its first row only") {
  const std::vector<std::string> header = {"Name",
                                           "Email",
                                           "Financial Status",
                                           "Paid at",
                                           "Fulfillment Status",
                                           "Fulfilled at",
                                           "Currency",
                                           "Subtotal",
                                           "Shipping",
                                           "Taxes",
                                           "Total",
                                           "Discount Code",
                                           "Discount Amount",
                                           "Created at",
                                           "Lineitem quantity",
                                           "Lineitem name",
                                           "Lineitem price",
                                           "Lineitem sku",
                                           "Note Attributes",
                                           "Cancelled at",
                                           "Refunded Amount",
                                           "Vendor",
                                           "Id",
                                           "Lineitem discount"};
  const Row first = {{"Name", "#71737"},           {"Email", "a@example.com"},
                     {"Financial Status", "paid"}, {"Paid at", "2026-04-05 21:06:21 +0400"},
                     {"Currency", "AED"},          {"Subtotal", "150.00"},
                     {"Total", "160.00"},          {"Created at", "2026-04-05 21:06:20 +0400"},
                     {"Lineitem quantity", "1"},   {"Lineitem name", "Mug, \"large\""},
                     {"Lineitem price", "50.00"},  {"Note Attributes", "a: 1\nb: 2\nc: 3"},
                     {"Id", "6123456789012"}};
  const Row second = {{"Name", "#71737"},
                      {"Created at", "2026-04-05 21:06:20 +0400"},
                      {"Lineitem quantity", "2"},
                      {"Lineitem name", "Plate"},
                      {"Lineitem price", "50.00"}};
  const Row unpaid = {{"Name", "#71738"},
                      {"Financial Status", "pending"},
                      {"Currency", "AED"},
                      {"Total", "0.00"},
                      {"Created at", "2026-04-06 00:00:00 +0400"},
                      {"Lineitem quantity", "1"},
                      {"Lineitem name", "Bag"},
                      {"Lineitem price", "0.00"},
                      {"Id", "6123456789013"}};
  const std::string text = csv(header, {first, second, unpaid});
  const Folder folder;
  CHECK(counts(load(folder, "shopify_orders", text)) == "2/0/0/0/1/0");
  CHECK(counts(load(folder, "shopify_order_lines", text)) == "3/0/0/0/0/0");
  CHECK(counts(load(folder, "shopify_order_lines", text)) == "0/0/3/0/0/0");
  CHECK(
      select(folder, "SELECT order_id || ' ' || amount || ' ' || ifnull(paid_at, '-') || ' ' || is_paid FROM orders") ==
      Lines{"6123456789012 160.00 2026-04-05T21:06:21+04:00 1", "6123456789013 0.00 - 0"});
  CHECK(select(folder, "SELECT order_id || ' ' || currency || ' ' || product || ' ' || quantity FROM order_lines") ==
        Lines{"6123456789012 AED Mug, \"large\" 1", "6123456789012 AED Plate 2", "6123456789013 AED Bag 1"});
}

TEST_CASE("Amazon: all orders") {
  const std::vector<std::string> header = {"amazon-order-id",
                                           "merchant-order-id",
                                           "purchase-date",
                                           "last-updated-date",
                                           "order-status",
                                           "fulfillment-channel",
                                           "sales-channel",
                                           "order-channel",
                                           "url",
                                           "ship-service-level",
                                           "product-name",
                                           "sku",
                                           "asin",
                                           "item-status",
                                           "quantity",
                                           "currency",
                                           "item-price",
                                           "item-tax",
                                           "shipping-price",
                                           "shipping-tax",
                                           "gift-wrap-price",
                                           "gift-wrap-tax",
                                           "item-promotion-discount",
                                           "ship-promotion-discount",
                                           "ship-city",
                                           "ship-state",
                                           "ship-postal-code",
                                           "ship-country",
                                           "promotion-ids",
                                           "is-business-order",
                                           "purchase-order-number",
                                           "price-designation"};
  const Row shipped = {{"amazon-order-id", "111-2222222-3333333"},
                       {"purchase-date", "2017-06-17T08:04:21+00:00"},
                       {"order-status", "Shipped"},
                       {"product-name", "\"Best\" 12\" pan"},
                       {"sku", "P-1"},
                       {"item-status", "Cancelled"},
                       {"quantity", "1"},
                       {"currency", "EUR"},
                       {"item-price", "89.95"},
                       {"is-business-order", "false"}};
  const Row pending = {{"amazon-order-id", "111-2222222-4444444"},
                       {"purchase-date", "2017-06-18T08:04:21+00:00"},
                       {"order-status", "Pending"},
                       {"sku", "P-1"},
                       {"quantity", "2"}};
  std::string text = csv(header, {shipped, pending}, '\t', false);
  while (text.size() > 3 && text[text.size() - 3] == '\t')
    text.erase(text.size() - 3, 1);  // trailing empty cells left out
  const Folder folder;
  CHECK(counts(load(folder, "amazon_all_orders", text)) == "2/0/0/0/0/0");
  CHECK(select(folder,
               "SELECT order_id || ' ' || product || ' ' || amount || ' ' || is_cancelled || ' ' || is_business || "
               "created_at FROM order_lines LIMIT 1") ==
        Lines{"111-2222222-3333333 \"Best\" 12\" pan 89.95 1 02017-06-17T08:04:21+00:00"});
  CHECK(select(folder, "SELECT count(*) FROM order_lines WHERE amount IS NULL AND is_cancelled = 0") == Lines{"1"});
}

TEST_CASE("Amazon advertising: trailing spaces, dashes, currency marks") {
  const std::string head = "Start Date,End Date,Portfolio name,Currency,Campaign Name,Ad Group Name,Retailer,Country,";
  const std::string tail =
      "Impressions,Clicks,Click-Thru Rate (CTR),Cost Per Click (CPC),Spend,7 Day Total Sales ,Total Advertising Cost "
      "of Sales (ACOS) ,"
      "Total Return on Advertising Spend (ROAS),7 Day Total Orders (#),7 Day Total Units (#),7 Day Conversion Rate,"
      "7 Day Advertised SKU Units (#),7 Day Other SKU Units (#),7 Day Advertised SKU Sales ,7 Day Other SKU Sales \n";
  const std::string figures =
      "\"1,200\",12,1.0000%,$0.50,$6.00,\"$1,059.90\",0.5661%,176.65,2,3,16.67%,3,0,\"$1,059.90\",$0.00\n";
  const Folder folder;
  CHECK(counts(load(folder, "amazon_ads_advertised_product",
                    head + "Advertised SKU,Advertised ASIN," + tail +
                        "\"Sep 01, 2026\",\"Sep 01, 2026\",-,USD,C,G,Amazon,US,P-1,B0,\n"
                        "2026-09-02,2026-09-02,-,AED,C,G,Amazon,AE,P-1,B0,5,1,,,AED 2.00,0,,,0,0,,0,0,0,0\n")) ==
        "1/0/0/0/0/1");
  CHECK(counts(load(folder, "amazon_ads_advertised_product",
                    head + "Advertised SKU,Advertised ASIN," + tail +
                        "\"Sep 01, 2026\",\"Sep 01, 2026\",-,USD,C,G,Amazon,US,P-1,B0," + figures)) == "1/0/0/0/0/0");
  CHECK(select(folder,
               "SELECT day || ' ' || ifnull(portfolio, 'none') || ' ' || spend || ' ' || ifnull(sales, '') || ' ' || "
               "currency FROM ads ORDER BY day") ==
        Lines{"2026-09-01 none 6.00 1059.90 USD", "2026-09-02 none 2.00 0 AED"});
  CHECK(counts(load(folder, "amazon_ads_search_term",
                    head + "Targeting,Match Type,Customer Search Term," + tail +
                        "2026-09-01,2026-09-01,-,USD,C,G,Amazon,US,close-match,-,mug," + figures +
                        "2026-09-01,2026-09-01,-,USD,C,G,Amazon,US,mug,BROAD,mug," + figures)) == "2/0/0/0/0/0");
  CHECK(select(folder, "SELECT match_type || impressions FROM search_terms") == Lines{"none1200", "broad1200"});
}

TEST_CASE("every import of std.imports fits the header of its export") {
  const char* shared = std::getenv("KPI_SHARED");
  const fs::path folder =
      (shared ? fs::path(shared) : fs::path(KPI_SOURCE_DIR) / ".." / "shared") / "data" / "export_headers";
  if (!fs::exists(folder)) {
    WARN("skipped: " << folder.string() << " is not there; set KPI_SHARED to the folder with data/export_headers");
    return;
  }
  const std::vector<std::pair<std::string, std::string>> kFiles = {
      {"tiktok_shop_orders", "tiktok_shop_orders_vn.csv"},
      {"tiktok_shop_order_lines", "tiktok_shop_orders_vn.csv"},
      {"tiktok_shop_orders_month_first", "tiktok_shop_orders_vn.csv"},
      {"tiktok_shop_order_lines_month_first", "tiktok_shop_orders_vn.csv"},
      {"tiktok_shop_orders_br", "tiktok_shop_orders_vn.csv"},
      {"tiktok_shop_order_lines_br", "tiktok_shop_orders_vn.csv"},
      {"tiktok_ads_manager", "tiktok_ads_manager.csv"},
      {"shopify_orders", "shopify_orders_export.csv"},
      {"shopify_order_lines", "shopify_orders_export.csv"},
      {"amazon_all_orders", "amazon_all_orders_flatfile.tsv"},
      {"amazon_ads_advertised_product", "amazon_ads_advertised_product.csv"},
      {"amazon_ads_search_term", "amazon_ads_search_term.csv"}};
  for (const auto& [import, file] : kFiles) {
    INFO(import);
    const Folder target;
    ImportOptions options;
    options.rejects_path = target.path("rejects.csv");
    const ImportReport report =
        run_import(imports(), import, target.path("shop.db"), (folder / file).string(), options);
    CHECK(report.rows == 0);
    CHECK(report.diagnostics.items().empty());  // not even an optional header is missing
  }
  CHECK(imports().imports.size() == kFiles.size() + 1);  // tiktok_shop_ads has no header file
}
