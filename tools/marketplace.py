"""An imaginary marketplace: hosts who sell live, their orders, refunds, sessions, ads, tickets and violations.

Everything follows from the seed through integers alone, so the same settings give the same bytes on every machine.
Money is counted in minor units of its currency. Times are local to the policy's zone and carry no offset.
"""
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

MASK = (1 << 64) - 1


class Random:
    """SplitMix64 (Steele, Lea, Flood 2014): tiny, and the same everywhere, unlike the library's `random`."""

    def __init__(self, seed):
        self.state = seed & MASK

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, n):
        """An integer of [0, n)."""
        return (self.next() * n) >> 64

    def between(self, low, high):
        """An integer of [low, high]."""
        return low + self.below(high - low + 1)

    def chance(self, per_thousand):
        return self.below(1000) < per_thousand

    def pick(self, items):
        return items[self.below(len(items))]


@dataclass(frozen=True)
class Market:
    code: str
    currency: str
    digits: int       # decimals of the currency's minor unit
    price_level: int  # minor units that buy what one pound buys
    rate: int         # pounds for one unit of the currency, in 1e-8


MARKETS = {
    market.code: market
    for market in (
        Market("UK", "GBP", 2, 100, 100_000_000),
        Market("US", "USD", 2, 128, 78_000_000),
        Market("TH", "THB", 2, 4_450, 2_250_000),
        Market("VN", "VND", 0, 32_000, 3_100),
        Market("JP", "JPY", 0, 192, 520_000),
        Market("KW", "KWD", 3, 390, 256_000_000),
    )
}

NAMES = ("Ann Clarke", "Bo Hughes", "Chloë Martin", "陈雨晴", "Dev Patel", "Ella Frost", "Femi Adeyemi", "Grace O'Neill",
         "Hugo Lane", "林小雅", "Ivy Chen", "Jonas Weber", "Kim Tran", "Lola Fern", "Mo Rahman", "Nia Jones")
CHANNELS = ("live", "live", "live", "video", "shop")
SKUS = tuple(f"SKU-{number:03}" for number in range(1, 41))
REASONS = ("damaged", "late", "not as described", "changed mind")


@dataclass
class Settings:
    seed: int = 1
    first: date = date(2026, 7, 1)
    last: date = date(2026, 8, 31)
    markets: tuple = ("UK", "US", "TH", "VN")
    hosts: int = 40
    orders: int = 4_000
    sessions_per_host: int = 24
    mean_amount: int = 40       # pounds, or what they buy elsewhere
    whole_money: bool = False   # amounts without minor units, so that they can be stored as integers too

    @property
    def days(self):
        return (self.last - self.first).days + 1


@dataclass(frozen=True)
class Money:
    minor: int
    digits: int

    def __str__(self):
        sign, rest = ("-" if self.minor < 0 else ""), abs(self.minor)
        if self.digits == 0:
            return f"{sign}{rest}"
        unit = 10**self.digits
        return f"{sign}{rest // unit}.{rest % unit:0{self.digits}}"


@dataclass
class Table:
    """`columns` are (name, type) with type one of text, money, integer, decimal, date, datetime, boolean; the first is
    the key unless the table has none."""
    name: str
    columns: list
    rows: list = field(default_factory=list)
    has_key: bool = True

    def position(self, column):
        return [name for name, _ in self.columns].index(column)


def _time(settings, random, not_before=None):
    """A time in the range, more often in the evening, when people shop and stream."""
    start = max(settings.first, not_before) if not_before else settings.first
    day = start + timedelta(random.below((settings.last - start).days + 1))
    hour = random.between(18, 23) if random.chance(600) else random.below(24)
    return datetime(day.year, day.month, day.day, hour, random.below(60), random.below(60))


def _skewed(random, mean):
    """A positive integer around `mean` with a long tail: 0.2 to 4 times, most below the mean."""
    u = random.below(1000)
    return max(1, mean * (200 + u + 1400 * u * u * u // 10**9) // 1050)


class Marketplace:
    """Builds all tables. Every table has its own stream of random numbers, so that more orders leave the hosts alone."""

    def __init__(self, settings):
        self.settings = settings
        self.markets = [MARKETS[code] for code in settings.markets]
        self._make_hosts(self._stream(1))
        self._make_orders(self._stream(2))
        self._make_sessions(self._stream(3))
        self._make_ads(self._stream(4))
        self._make_tickets(self._stream(5))
        self._make_violations(self._stream(6))
        self._make_rates(self._stream(7))

    def _stream(self, number):
        return Random(Random(self.settings.seed * 1_000_003 + number).next())

    @property
    def tables(self):
        return [self.teams, self.hosts, self.orders, self.refunds, self.sessions, self.ads, self.tickets,
                self.violations, self.rates]

    def _money(self, minor, market):
        if self.settings.whole_money:
            minor = max(1, minor // 10**market.digits) * 10**market.digits
        return Money(minor, market.digits)

    def _make_hosts(self, random):
        self.teams = Table("teams", [("team_id", "text"), ("name", "text"), ("market", "text")])
        for market in self.markets:
            for number in (1, 2):
                self.teams.rows.append([f"{market.code.lower()}-{number}", f"{market.code} team {number}", market.code])
        self.hosts = Table("hosts", [("host_id", "text"), ("name", "text"), ("team_id", "text"), ("market", "text"),
                                     ("joined", "date"), ("left", "date")])
        self._host_market, self._host_joined, self._host_strength = [], [], []
        for index in range(self.settings.hosts):
            market = self.markets[index % len(self.markets)]
            kind = index % 6
            if kind == 4:    # new: still in the first three months
                joined = self.settings.first - timedelta(random.between(5, 70))
            elif kind == 5:  # starts inside the range
                joined = self.settings.first + timedelta(random.between(5, max(6, self.settings.days // 2)))
            else:
                joined = self.settings.first - timedelta(random.between(120, 900))
            left = self.settings.last - timedelta(random.between(0, 20)) if index % 17 == 16 else None
            name = NAMES[index % len(NAMES)] + (f" {index // len(NAMES) + 1}" if index >= len(NAMES) else "")
            team = f"{market.code.lower()}-{1 + index // len(self.markets) % 2}"
            self.hosts.rows.append([f"h{index + 1:02}", name, team, market.code, joined, left])
            self._host_market.append(market)
            self._host_joined.append(joined)
            self._host_strength.append(random.between(50, 170) if kind < 4 else random.between(25, 60))

    def _make_orders(self, random):
        self.orders = Table("orders", [
            ("order_id", "text"), ("host_id", "text"), ("paid_at", "datetime"), ("settled_at", "datetime"),
            ("amount", "money"), ("refunded", "money"), ("currency", "text"), ("buyer_id", "text"), ("sku", "text"),
            ("quantity", "integer"), ("channel", "text"), ("status", "text"), ("is_test", "boolean")])
        drafts = []
        total = sum(self._host_strength)
        while len(drafts) < self.settings.orders:
            host = self._weighted_host(random, total)
            if random.chance(5):  # one buyer, many orders within hours: what an exclusion should find
                buyer, start = f"b{random.between(9000, 9999)}", _time(self.settings, random, self._host_joined[host])
                latest = datetime.combine(self.settings.last, datetime.max.time())
                for number in range(random.between(6, 8)):
                    drafts.append((min(start + timedelta(minutes=9 * number), latest), host, buyer, random.below(1 << 32)))
            else:
                buyer = f"b{random.between(1, max(50, self.settings.orders // 2)):04}"
                drafts.append((_time(self.settings, random, self._host_joined[host]), host, buyer, random.below(1 << 32)))
        drafts = sorted(drafts[:self.settings.orders])
        self.refunds = Table("refunds", [("refund_id", "text"), ("order_id", "text"), ("refunded_at", "datetime"),
                                         ("amount", "money"), ("currency", "text"), ("reason", "text")])
        for number, (paid_at, host, buyer, seed) in enumerate(drafts, 1):
            self._add_order(Random(seed), number, paid_at.replace(microsecond=0), host, buyer)

    def _weighted_host(self, random, total):
        at = random.below(total)
        for host, strength in enumerate(self._host_strength):
            at -= strength
            if at < 0:
                return host
        raise AssertionError("the strengths add up to the total")

    def _add_order(self, random, number, paid_at, host, buyer):
        market = self._host_market[host]
        quantity = 1 + (random.below(3) if random.chance(150) else 0)
        mean = self.settings.mean_amount * market.price_level
        amount = self._money(_skewed(random, mean) * quantity, market)
        roll = random.below(1000)
        status = "cancelled" if roll < 30 else "refunded" if roll < 75 else "completed" if roll < 920 else "shipped"
        refunded = None
        if status == "refunded":
            refunded = amount if random.chance(700) else self._money(max(1, amount.minor // 2), market)
            self.refunds.rows.append([
                f"r{number:06}", f"o{number:06}", paid_at + timedelta(hours=random.between(6, 480)), refunded,
                market.currency, random.pick(REASONS)])
        settled = None if status == "cancelled" else paid_at + timedelta(days=random.between(3, 15))
        self.orders.rows.append([
            f"o{number:06}", f"h{host + 1:02}", paid_at, settled, amount, refunded, market.currency, buyer,
            random.pick(SKUS), quantity, random.pick(CHANNELS), status, random.chance(12)])

    def _make_sessions(self, random):
        self.sessions = Table("sessions", [
            ("session_id", "text"), ("host_id", "text"), ("started_at", "datetime"), ("minutes", "integer"),
            ("views", "integer"), ("clicks", "integer")])
        drafts = []
        for host in range(self.settings.hosts):
            if host % 12 == 7:
                continue  # one in twelve never streams: metrics over sessions have no value there
            level = self._host_strength[host] * random.between(700, 1500)
            for _ in range(self.settings.sessions_per_host):
                views = level * random.between(60, 140) // 100
                drafts.append((_time(self.settings, random, self._host_joined[host]), host, random.between(30, 240), views,
                               views * random.between(20, 80) // 1000))
        for number, (start, host, minutes, views, clicks) in enumerate(sorted(drafts), 1):
            self.sessions.rows.append([f"s{number:05}", f"h{host + 1:02}", start, minutes, views, clicks])

    def _make_ads(self, random):
        self.ads = Table("ads", [("day", "date"), ("host_id", "text"), ("campaign", "text"), ("impressions", "integer"),
                                 ("clicks", "integer"), ("spend", "money"), ("currency", "text")], has_key=False)
        for offset in range(self.settings.days):
            for host in range(0, self.settings.hosts, 2):
                market = self._host_market[host]
                impressions = random.between(500, 9_000)
                spend = self._money(impressions * market.price_level * random.between(2, 6) // 1000, market)
                self.ads.rows.append([self.settings.first + timedelta(offset), f"h{host + 1:02}",
                                      random.pick(("always on", "launch", "retarget")), impressions,
                                      impressions * random.between(5, 35) // 1000, spend, market.currency])

    def _make_tickets(self, random):
        self.tickets = Table("tickets", [("ticket_id", "text"), ("host_id", "text"), ("opened_at", "datetime"),
                                         ("replied_at", "datetime"), ("seconds_to_reply", "integer")])
        drafts = sorted((_time(self.settings, random), random.below(self.settings.hosts), _skewed(random, 240),
                         random.chance(30)) for _ in range(self.settings.orders // 8))
        for number, (opened, host, wait, unanswered) in enumerate(drafts, 1):
            replied = None if unanswered else opened + timedelta(seconds=wait)
            self.tickets.rows.append([f"t{number:05}", f"h{host + 1:02}", opened, replied, None if unanswered else wait])

    def _make_violations(self, random):
        self.violations = Table("violations", [("violation_id", "text"), ("host_id", "text"), ("noted_at", "datetime"),
                                               ("kind", "text"), ("points", "integer")])
        drafts = sorted((_time(self.settings, random), random.below(self.settings.hosts), random.below(3))
                        for _ in range(max(2, self.settings.hosts // 4)))
        for number, (noted, host, kind) in enumerate(drafts, 1):
            self.violations.rows.append([f"v{number:03}", f"h{host + 1:02}", noted,
                                         ("false claim", "off-platform link", "counterfeit")[kind], 1 + kind])

    def _make_rates(self, random):
        """Pounds for one unit, every day, with the days before the range that a run may look back to."""
        self.rates = Table("rates", [("day", "date"), ("currency", "text"), ("rate", "decimal")], has_key=False)
        for market in self.markets:
            rate = market.rate
            for offset in range(-7, self.settings.days):
                day = self.settings.first + timedelta(offset)
                self.rates.rows.append([day, market.currency, Money(rate, 8)])
                if market.currency != "GBP":
                    rate = rate * random.between(9_950, 10_050) // 10_000
