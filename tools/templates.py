"""The sample data of the policy templates: small tables, each made for one template by the same generator of numbers as
marketplace.py. `SAMPLES[name](random)` gives Tables; what is wrong in them (a test order, a burst of one buyer, a late
parcel …) is there on purpose, so that every part of the template has something to do."""
from datetime import date, datetime, timedelta

from marketplace import NAMES, Money, Table

FIRST, DAYS = date(2026, 7, 1), 31
SAMPLES = {}


def sample(function):
    SAMPLES[function.__name__] = function
    return function


def on(random, day=None, hour=None):
    day = FIRST + timedelta(random.below(DAYS) if day is None else day)
    return datetime(day.year, day.month, day.day, random.between(9, 22) if hour is None else hour, random.below(60))


def money(random, low, high):
    """An amount between two whole numbers of units."""
    return Money(random.between(low * 100, high * 100), 2)


def share(amount, per_cent):
    return Money(amount.minor * per_cent // 100, 2)


def people(name, joined, columns="text text date"):
    """`name`s with a key such as h1, a name and a first day, given as days before July (or in it, when negative)."""
    table = Table(name + "s", [(name + "_id", "text"), ("name", "text"), ("joined", "date")])
    for index, days in enumerate(joined):
        table.rows.append((f"{name[0]}{index + 1}", NAMES[index], FIRST - timedelta(days)))
    return table


def orders(random, owners, number, low, high, refunds=80, key="o", extra=None, owner="host_id", tests=2, burst=6,
           customer="buyer_id"):
    """Orders of the owners, some refunded, `tests` of them test orders, and `burst` by one buyer within an hour."""
    columns = [("order_id", "text"), (owner, "text"), ("paid_at", "datetime"), ("amount", "money"), ("refunded", "money"),
               (customer, "text"), ("is_test", "boolean")]
    table = Table("orders", columns + (extra.columns if extra else []))
    for index in range(number):
        amount = money(random, low, high)
        refunded = None
        if random.chance(refunds):
            refunded = amount if random.chance(600) else share(amount, random.between(10, 50))
        row = (f"{key}{index + 1:04}", random.pick(owners), on(random), amount, refunded,
               f"b{random.between(1, number)}", index < tests)
        table.rows.append(row + (extra.values(random, amount, row) if extra else ()))
    moment = on(random, 20, 21)
    for index in range(burst):
        amount = money(random, low, high)
        row = (f"{key}{number + index + 1:04}", owners[0], moment + timedelta(minutes=9 * index), amount, None, "b0", False)
        table.rows.append(row + (extra.values(random, amount, row) if extra else ()))
    table.rows.sort(key=lambda row: (row[2], row[0]))
    return table


class Extra:
    """More columns of orders: `values(random, amount, row)` gives them."""

    def __init__(self, columns, values):
        self.columns, self.values = columns, values


def violations(random, owners, number, owner="host_id"):
    table = Table("violations", [("violation_id", "text"), (owner, "text"), ("noted_at", "datetime")])
    for index in range(number):
        table.rows.append((f"v{index + 1}", random.pick(owners), on(random)))
    return table


def staff(*buyers):
    table = Table("staff", [("buyer_id", "text")])
    table.rows = [(buyer,) for buyer in buyers]
    return table


# ---- one function for each template ---------------------------------------------------------------------------------


@sample
def tiktok_live_host(random):
    hosts = people("host", [400, 300, 200, 40, 20])
    keys = [row[0] for row in hosts.rows]
    sessions = Table("sessions", [("session_id", "text"), ("host_id", "text"), ("started_at", "datetime"),
                                  ("views", "integer"), ("watch_time", "integer"), ("on_air", "integer")])
    for index in range(60):
        views = random.between(2_000, 22_000)
        sessions.rows.append((f"s{index + 1:03}", keys[index % 5], on(random, hour=random.between(18, 21)), views,
                              views * random.between(25, 60), random.between(90, 240)))
    return [hosts, orders(random, keys, 180, 60, 420), sessions, violations(random, keys[2:3], 1), staff("b7", "b11")]


@sample
def short_video_creator(random):
    creators = people("creator", [300, 150, 60, 20])
    keys = [row[0] for row in creators.rows]
    videos = Table("videos", [("video_id", "text"), ("creator_id", "text"), ("posted_at", "datetime"), ("views", "integer"),
                              ("watched_to_end", "integer"), ("shows_ad_label", "boolean")])
    for index in range(64):
        views = random.between(500, 30_000)
        videos.rows.append((f"v{index + 1:03}", keys[index % 4], on(random), views, views * random.between(8, 35) // 100,
                            index != 10))
    return [creators, orders(random, keys, 140, 12, 90, owner="creator_id"), videos]


@sample
def ad_buyer(random):
    buyers = people("buyer", [500, 200, 30])
    keys = [row[0] for row in buyers.rows]
    ads = Table("ads", [("day", "date"), ("buyer_id", "text"), ("campaign", "text"), ("impressions", "integer"),
                        ("clicks", "integer"), ("spend", "money"), ("ad_orders", "integer"), ("ad_sales", "money")],
                has_key=False)
    for day in range(DAYS):
        for key in keys:
            impressions = random.between(20_000, 60_000)
            clicks = impressions * random.between(8, 16) // 1000
            sold = clicks * random.between(15, 35) // 1000
            spend = Money(clicks * random.between(35, 60), 2)
            ads.rows.append((FIRST + timedelta(day), key, "c" + key[1:], impressions, clicks, spend, sold,
                             Money(sold * random.between(3_000, 4_500), 2)))
    first = Extra([("is_first", "boolean")], lambda r, amount, row: (r.chance(550),))
    return [buyers, ads, orders(random, keys, 220, 120, 520, owner="buyer_id", extra=first, customer="customer_id")]


@sample
def customer_service_agent(random):
    agents = people("agent", [700, 400, 100, 25])
    keys = [row[0] for row in agents.rows]
    tickets = Table("tickets", [("ticket_id", "text"), ("agent_id", "text"), ("opened_at", "datetime"),
                                ("first_reply_at", "datetime"), ("resolved_at", "datetime"), ("is_reopened", "boolean"),
                                ("is_test", "boolean")])
    for index in range(160):
        opened = on(random)
        replied = opened + timedelta(seconds=random.between(15, 205)) if random.chance(940) else None
        solved = replied + timedelta(minutes=random.between(5, 2_000)) if replied and random.chance(900) else None
        tickets.rows.append((f"t{index + 1:03}", keys[index % 4], opened, replied, solved, random.chance(60), index == 0))
    reviews = Table("reviews", [("review_id", "text"), ("agent_id", "text"), ("day", "date"), ("stars", "integer")])
    for index in range(40):
        reviews.rows.append((f"q{index + 1:02}", keys[index % 4], FIRST + timedelta(random.below(DAYS)), random.between(3, 5)))
    breaches = Table("breaches", [("breach_id", "text"), ("agent_id", "text"), ("noted_at", "datetime")])
    breaches.rows.append(("p1", keys[3], on(random)))
    return [agents, tickets, reviews, breaches]


def costs_of(random, amount, row):
    """Goods, fees and shipping of an order."""
    return (share(amount, random.between(30, 45)), share(amount, 8), money(random, 2, 5))


COSTS = [("cost", "money"), ("fees", "money"), ("shipping_cost", "money")]


@sample
def shop_operator(random):
    shops = people("operator", [600, 250, 45])
    keys = [row[0] for row in shops.rows]
    ads = Table("ads", [("day", "date"), ("operator_id", "text"), ("spend", "money")], has_key=False)
    stock = Table("stock", [("day", "date"), ("operator_id", "text"), ("sku", "text"), ("units", "integer")],
                  has_key=False)
    for day in range(DAYS):
        for key in keys:
            ads.rows.append((FIRST + timedelta(day), key, money(random, 20, 60)))
            if day % 7 == 4:
                for number in range(4):
                    units = 0 if random.chance(60) else random.between(5, 90)
                    stock.rows.append((FIRST + timedelta(day), key, f"{key}-{number + 1}", units))
    extra = Extra(COSTS, costs_of)
    return [shops, orders(random, keys, 200, 20, 140, owner="operator_id", extra=extra), ads, stock,
            violations(random, keys[1:2], 1, owner="operator_id")]


@sample
def agency_acceptance(random):
    agencies = Table("agencies", [("agency_id", "text"), ("name", "text")])
    agencies.rows = [("g1", "Northlight Commerce"), ("g2", "蓝桥电商服务"), ("g3", "Harbour & Co")]
    keys = [row[0] for row in agencies.rows]
    made = orders(random, keys, 150, 40, 320, owner="agency_id")
    work = Table("deliverables", [("item_id", "text"), ("agency_id", "text"), ("due_on", "date"), ("accepted_on", "date")])
    for index in range(36):
        due = FIRST + timedelta(random.below(DAYS))
        accepted = due + timedelta(random.between(-7, 1)) if random.chance(960) else None
        work.rows.append((f"d{index + 1:02}", keys[index % 3], due, accepted))
    return [agencies, made, work, violations(random, keys[2:], 1, owner="agency_id")]


@sample
def sku_portfolio(random):
    skus = Table("skus", [("sku_id", "text"), ("name", "text"), ("listed_on", "date"), ("ended_on", "date")])
    things = ("Steam mop", "Desk lamp", "Cat fountain", "Yoga mat", "Phone stand", "便携榨汁杯", "Car vacuum", "Heat pad")
    for index, thing in enumerate(things):
        ended = date(2026, 7, 10) if index == 7 else None
        skus.rows.append((f"k{index + 1}", thing, FIRST - timedelta(30 * (8 - index)), ended))
    keys = [row[0] for row in skus.rows]
    sold = Table("sales", [("line_id", "text"), ("sku_id", "text"), ("sold_at", "datetime"), ("quantity", "integer"),
                           ("amount", "money"), ("refunded", "money"), ("cost", "money"), ("fees", "money"),
                           ("shipping_cost", "money"), ("buyer_id", "text"), ("is_test", "boolean")])
    stock = Table("stock", [("day", "date"), ("sku_id", "text"), ("units", "integer"), ("value", "money"),
                            ("aged_units", "integer")], has_key=False)
    for index in range(170):
        number = random.between(1, 3)
        place = random.below(7)
        price = 1_500 + 700 * place
        amount = Money(number * price, 2)
        refunded = amount if random.chance(70) else None
        cost = share(amount, 70 if place == 2 else 38)
        sold.rows.append((f"l{index + 1:03}", keys[place], on(random), number, amount, refunded, cost, share(amount, 15),
                          Money(number * 350, 2), f"b{random.between(1, 150)}", index == 0))
    for week in range(5):
        for index, key in enumerate(keys):
            units = max(0, 160 - week * random.between(10, 35) - index * 12)
            stock.rows.append((FIRST + timedelta(week * 7 + 2), key, units, Money(units * 600, 2),
                               units // 3 if index == 0 else 0))
    sold.rows.sort(key=lambda row: (row[2], row[0]))
    return [skus, sold, stock]


@sample
def multi_country_group(random):
    sites = Table("sites", [("site_id", "text"), ("country", "text"), ("opened_on", "date")])
    sites.rows = [("uk1", "UK", date(2024, 3, 1)), ("de1", "DE", date(2025, 2, 1)), ("th1", "TH", date(2026, 5, 10)),
                  ("vn1", "VN", date(2026, 6, 20))]
    units = {"uk1": ("GBP", 2, 1), "de1": ("EUR", 2, 1), "th1": ("THB", 2, 44), "vn1": ("VND", 0, 320)}
    made = Table("orders", [("order_id", "text"), ("site_id", "text"), ("paid_at", "datetime"), ("amount", "money"),
                            ("refunded", "money"), ("cost", "money"), ("currency", "text"), ("buyer_id", "text"),
                            ("is_test", "boolean")])
    for index in range(200):
        site = random.pick(list(units))
        currency, digits, level = units[site]
        minor = random.between(1_500, 14_000) * level
        amount = Money(minor, digits)
        refunded = amount if random.chance(80) else None
        cost = Money(minor * (38 + index % 20) // 100, digits)
        made.rows.append((f"o{index + 1:03}", site, on(random), amount, refunded, cost, currency,
                          f"b{random.between(1, 190)}", index < 2))
    rates = Table("rates", [("day", "date"), ("currency", "text"), ("rate", "decimal")], has_key=False)
    for day in range(DAYS):
        for currency, rate in (("EUR", 8_600), ("THB", 225), ("VND", 3)):
            wobble = rate + (random.between(-20, 20) if currency == "EUR" else 0)
            digits = 4 if currency != "VND" else 5
            rates.rows.append((FIRST + timedelta(day), currency, f"0.{wobble:0{digits}}"))
    made.rows.sort(key=lambda row: (row[2], row[0]))
    return [sites, made, rates]


@sample
def amazon_us_operator(random):
    operators = people("operator", [500, 300, 40])
    keys = [row[0] for row in operators.rows]
    extra = Extra([*COSTS, ("quantity", "integer"), ("is_cancelled_by_seller", "boolean"), ("has_defect", "boolean")],
                  lambda r, amount, row: (*costs_of(r, amount, row), r.between(1, 3), r.chance(8),
                                          row[1] == keys[1] and r.chance(25)))
    ads = Table("ads", [("day", "date"), ("operator_id", "text"), ("spend", "money")], has_key=False)
    stock = Table("stock", [("day", "date"), ("operator_id", "text"), ("units", "integer")], has_key=False)
    parcels = Table("shipments", [("shipment_id", "text"), ("operator_id", "text"), ("due_at", "datetime"),
                                  ("shipped_at", "datetime")])
    for day in range(DAYS):
        for key in keys:
            ads.rows.append((FIRST + timedelta(day), key, money(random, 10, 50)))
            stock.rows.append((FIRST + timedelta(day), key, random.between(120, 180)))
    for index in range(120):
        due = on(random, hour=18)
        late = random.chance(30)
        parcels.rows.append((f"p{index + 1:03}", keys[index % 3], due,
                             due + timedelta(hours=5 if late else -random.between(2, 20))))
    return [operators, orders(random, keys, 190, 25, 180, owner="operator_id", extra=extra), ads, stock, parcels]


@sample
def shopify_store(random):
    managers = people("manager", [450, 120, 35])
    keys = [row[0] for row in managers.rows]
    extra = Extra([("list_amount", "money"), ("is_first", "boolean")],
                  lambda r, amount, row: (Money(amount.minor * 100 // r.pick([100, 100, 90, 80, 70]), 2), r.chance(600)))
    ads = Table("ads", [("day", "date"), ("manager_id", "text"), ("spend", "money")], has_key=False)
    for day in range(DAYS):
        for key in keys:
            ads.rows.append((FIRST + timedelta(day), key, money(random, 10, 55)))
    return [managers, orders(random, keys, 200, 30, 160, owner="manager_id", extra=extra), ads]


@sample
def warehouse_fulfilment(random):
    packers = Table("packers", [("packer_id", "text"), ("name", "text"), ("site", "text"), ("joined", "date")])
    for index, days in enumerate((800, 500, 300, 200, 90, 12)):
        packers.rows.append((f"w{index + 1}", NAMES[index], "leeds" if index < 3 else "essen", FIRST - timedelta(days)))
    keys = [row[0] for row in packers.rows]
    parcels = Table("parcels", [("parcel_id", "text"), ("packer_id", "text"), ("due_at", "datetime"),
                                ("shipped_at", "datetime"), ("has_valid_tracking", "boolean"), ("lines", "integer"),
                                ("wrong_lines", "integer"), ("is_test", "boolean")])
    for index in range(240):
        due = on(random, hour=17)
        shipped = due + timedelta(hours=random.between(1, 20) if random.chance(40) else -random.between(1, 9))
        lines = random.between(1, 9)
        parcels.rows.append((f"p{index + 1:03}", keys[index % 6], due, shipped if random.chance(985) else None,
                             random.chance(970), lines, 1 if random.chance(35) else 0, index == 0))
    shifts = Table("shifts", [("day", "date"), ("packer_id", "text"), ("worked", "integer")], has_key=False)
    for day in range(0, DAYS, 4):
        for key in keys:
            shifts.rows.append((FIRST + timedelta(day), key, random.between(120, 260)))
    briefings = Table("briefings", [("day", "date"), ("packer_id", "text")], has_key=False)
    briefings.rows = [(FIRST + timedelta(2), key) for key in keys if key != "w5"]
    return [packers, parcels, shifts, briefings]


@sample
def new_shop_pilot(random):
    shops = Table("shops", [("shop_id", "text"), ("name", "text"), ("opened_on", "date")])
    shops.rows = [("s1", "Harbour Home", date(2026, 6, 20)), ("s2", "小木屋", date(2026, 4, 10)),
                  ("s3", "Northside", date(2025, 9, 1))]
    keys = [row[0] for row in shops.rows]
    extra = Extra([("is_first", "boolean"), ("is_late", "boolean")],
                  lambda r, amount, row: (r.chance(750), amount.minor % 41 == 0))
    tickets = Table("tickets", [("ticket_id", "text"), ("shop_id", "text"), ("opened_at", "datetime"),
                                ("first_reply_at", "datetime")])
    for index in range(75):
        opened = on(random)
        tickets.rows.append((f"t{index + 1:02}", keys[index % 3], opened,
                             opened + timedelta(minutes=random.between(2, 1_700)) if random.chance(960) else None))
    return [shops, orders(random, keys, 150, 15, 95, owner="shop_id", extra=extra), tickets]
