"""The vocabulary of the generated world: places, devices, pages, names."""

from itertools import accumulate
from typing import NamedTuple


class Place(NamedTuple):
    """Where a viewer is; `weight` is the place's share of the audience."""

    country: str
    region_code: str
    region_name: str
    city: str
    latitude: float
    longitude: float
    weight: int


class Agent(NamedTuple):
    """The browser and platform of a viewer."""

    browser: str
    version: str
    platform: str
    is_mobile: bool
    weight: int


PLACES = (
    Place("US", "CA", "California", "San Francisco", 37.7749, -122.4194, 90),
    Place("US", "CA", "California", "Los Angeles", 34.0522, -118.2437, 70),
    Place("US", "NY", "New York", "New York", 40.7128, -74.006, 95),
    Place("US", "WA", "Washington", "Seattle", 47.6062, -122.3321, 60),
    Place("US", "MA", "Massachusetts", "Cambridge", 42.3736, -71.1097, 45),
    Place("US", "FL", "Florida", "Miami", 25.7617, -80.1918, 40),
    Place("US", "TX", "Texas", "Austin", 30.2672, -97.7431, 55),
    Place("US", "IL", "Illinois", "Chicago", 41.8781, -87.6298, 50),
    Place("CA", "ON", "Ontario", "Toronto", 43.6532, -79.3832, 40),
    Place("CA", "QC", "Quebec", "Montréal", 45.5019, -73.5674, 20),
    Place("GB", "ENG", "England", "London", 51.5074, -0.1278, 70),
    Place("GB", "SCT", "Scotland", "Edinburgh", 55.9533, -3.1883, 12),
    Place("DE", "BE", "Berlin", "Berlin", 52.52, 13.405, 40),
    Place("DE", "BY", "Bavaria", "München", 48.1351, 11.582, 30),
    Place("FR", "IDF", "Île-de-France", "Paris", 48.8566, 2.3522, 35),
    Place("ES", "MD", "Madrid", "Madrid", 40.4168, -3.7038, 18),
    Place("NL", "NH", "North Holland", "Amsterdam", 52.3676, 4.9041, 22),
    Place("SE", "AB", "Stockholm", "Stockholm", 59.3293, 18.0686, 14),
    Place("BR", "SP", "São Paulo", "São Paulo", -23.5505, -46.6333, 28),
    Place("MX", "CMX", "Mexico City", "Mexico City", 19.4326, -99.1332, 16),
    Place("IN", "KA", "Karnataka", "Bengaluru", 12.9716, 77.5946, 45),
    Place("IN", "MH", "Maharashtra", "Mumbai", 19.076, 72.8777, 35),
    Place("JP", "13", "Tokyo", "東京", 35.6762, 139.6503, 24),
    Place("AU", "NSW", "New South Wales", "Sydney", -33.8688, 151.2093, 26),
    Place("ZA", "GP", "Gauteng", "Johannesburg", -26.2041, 28.0473, 10),
    Place("", "", "", "", 0.0, 0.0, 10),
)

AGENTS = (
    Agent("Chrome", "143.0", "Windows", False, 240),
    Agent("Chrome", "142.0", "Mac", False, 190),
    Agent("Chrome", "143.0", "Android", True, 120),
    Agent("Safari", "18.5", "Mac", False, 90),
    Agent("Safari", "18.6", "iPhone", True, 150),
    Agent("Safari", "17.4", "iPad", True, 30),
    Agent("Edge", "143.0", "Windows", False, 70),
    Agent("Firefox", "146.0", "Windows", False, 35),
    Agent("Firefox", "145.0", "Linux", False, 20),
    Agent("LinkedIn", "9.31", "iPhone", True, 20),
    Agent("Facebook", "540.0", "Android", True, 18),
    Agent("Instagram", "400.0", "iPhone", True, 10),
    Agent("Unknown Browser", "0", "Unknown", False, 7),
)

ORGANIZATIONS = (
    "Comcast Cable", "Verizon Fios", "AT&T Internet", "Deutsche Telekom AG", "BT Group",
    "Orange S.A.", "Google LLC", "Amazon.com", "Universidade de São Paulo", "Reliance Jio",
    "T-Mobile USA", "",
)  # fmt: skip

SITES = (
    "https://www.example.com", "https://blog.example.com", "https://learn.example.org",
    "https://shop.example.net",
)  # fmt: skip

PAGES = (
    "/", "/pricing", "/product/tour", "/blog/how-it-works", "/customers/story",
    "/docs/getting-started", "/webinars/on-demand", "/über-uns", "/campaign/spring",
)  # fmt: skip

UTM_QUERIES = (
    "", "", "", "", "", "",
    "?utm_source=google&utm_medium=cpc&utm_campaign=brand&utm_term=video+hosting",
    "?utm_source=google&utm_medium=cpc&utm_campaign=spring_launch&utm_content=ad-b",
    "?utm_source=newsletter&utm_medium=email&utm_campaign=spring_launch",
    "?utm_source=newsletter&utm_medium=email&utm_campaign=caf%C3%A9%20club",
    "?utm_source=linkedin&utm_medium=social&utm_campaign=customer-stories&ref=share",
    "?utm_source=facebook&utm_medium=paid_social&utm_campaign=retargeting",
    "?UTM_Source=Twitter&utm_medium=social",
    "?gclid=EAIaIQobChMI&utm_source=google",
    "?utm_source=&utm_medium=referral",
    "#chapter-2",
)  # fmt: skip

FIRST_NAMES = (
    "Ada",
    "Björn",
    "Chloé",
    "Dmitri",
    "Esperanza",
    "Farid",
    "Grace",
    "Hiroshi",
    "Ines",
    "Jamal",
)
LAST_NAMES = (
    "Lovelace",
    "Ångström",
    "Dupont",
    "Ivanov",
    "García",
    "Haddad",
    "Hopper",
    "Tanaka",
    "Silva",
    "Okafor",
)

TOPICS = (
    "Product tour", "Getting started", "Customer story", "Webinar", "Feature update", "Onboarding",
    "How it works", "Release notes", "Interview", "Tutorial", "Brand film", "Panel discussion",
)  # fmt: skip

SUBJECTS = (
    "analytics", "the editor", "team spaces", "Montréal café", "日本語ガイド", "API & webhooks",
    'the "quick" start', "Größe & Qualität", "lead capture", "live events", "señales",
    "reporting 📊", "embeds", "security",
)  # fmt: skip

FOLDERS = ("Marketing", "Product education", "Webinars 2025/26", "Kundenerfolg & Größe", "Podcasts")
SUBFOLDERS = ("Launch", "Evergreen", "Archiv")
TAGS = ("marketing", "onboarding", "webinar", "español", "b2b", "2026", "top-of-funnel")

# Share of a day's sessions by UTC hour: a North American and European working day.
HOUR_WEIGHTS = (
    26, 20, 16, 14, 13, 14, 18, 26, 38, 46, 50, 52, 56, 64, 72, 76, 78, 76, 70, 64, 56, 48, 40, 32,
)  # fmt: skip
WEEKDAY_WEIGHTS = (1.12, 1.2, 1.18, 1.15, 1.05, 0.66, 0.64)

# Inverse distribution of percent_viewed: many leave at once, many see almost everything.
PERCENT_VIEWED_QUANTILES = (
    0.0004, 0.004, 0.012, 0.03, 0.06, 0.1, 0.16, 0.24, 0.33, 0.44, 0.56, 0.68, 0.79,
    0.88, 0.95, 0.985, 1.0,
)  # fmt: skip


def spread(weights: list[int], slots: int) -> list[int]:
    """Return an index for each slot, in proportion to the weights."""
    ends = list(accumulate(weights))
    table, index = [], 0
    for slot in range(slots):
        while (slot + 0.5) / slots * ends[-1] > ends[index]:
            index += 1
        table.append(index)
    return table


PLACE_SLOTS = spread([place.weight for place in PLACES], 1024)
AGENT_SLOTS = spread([agent.weight for agent in AGENTS], 1024)
