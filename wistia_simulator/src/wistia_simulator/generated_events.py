"""Days of generated events: a day depends only on the seed, its date and the world's size."""

import json
import random
from array import array
from itertools import accumulate

from wistia_simulator.clock import SECONDS_PER_DAY, date_of
from wistia_simulator.event_days import EventDay, RowStyle
from wistia_simulator.medias import Catalog
from wistia_simulator.randomness import KeyCodec, words_of
from wistia_simulator.vocabulary import (
    AGENT_SLOTS,
    AGENTS,
    FIRST_NAMES,
    HOUR_WEIGHTS,
    LAST_NAMES,
    ORGANIZATIONS,
    PAGES,
    PERCENT_VIEWED_QUANTILES,
    PLACE_SLOTS,
    PLACES,
    SITES,
    UTM_QUERIES,
)

# Age of a session when its row changes: the viewer continues, comes back, fills in a form.
GROWTH_AGES_SECONDS = (12 * 60, 26 * 3600)
CONVERSION_AGE_SECONDS = 40 * 3600
MAX_LATENESS_SECONDS = 60 * 3600
SETTLING_SECONDS = MAX_LATENESS_SECONDS
GROWTH_SHARES = ((1.0,), (0.55, 1.0), (0.35, 0.7, 1.0))

_STEPS_MASK, _CONVERTS_LATER, _CONVERTED = 0b011, 0b100, 0b1000
_RETURNING_SHARE = 0.35
_FRESH_VISITOR = 1 << 60
# Used instead of a day's number to draw a visitor's traits: no day has this number.
_VISITOR_TRAITS = 1 << 40
_POSITION_BITS = 28
_HOUR_ENDS = list(accumulate(HOUR_WEIGHTS))


class EventFactory:
    """What all generated days of a world share.

    Parameters
    ----------
    seed
        The world's seed.
    catalog
        The medias that are watched.
    late_share
        Share of events that become visible hours or days after they were received.
    returning_visitors
        Size of the pool that returning viewers come from.
    """

    def __init__(
        self, seed: int, catalog: Catalog, late_share: float, returning_visitors: int
    ) -> None:
        self.seed = seed
        self.catalog = catalog
        self.late_share = late_share
        self.returning_visitors = max(1, returning_visitors)
        self.event_codec = KeyCodec(seed, "event")
        self.visitor_codec = KeyCodec(seed, "visitor")
        self.places = [_place_json(index, as_code=False) for index in range(len(PLACES))]
        self.places_coded = [_place_json(index, as_code=True) for index in range(len(PLACES))]
        self.agents = [_agent_json(index) for index in range(len(AGENTS))]
        self.organizations = [json.dumps(name, ensure_ascii=False) for name in ORGANIZATIONS]
        self._media_parts: dict[tuple[int, int], str] = {}

    def locate(self, event_key: str) -> tuple[int, int] | None:
        """Return the day and the serial number of a generated event, read from its key."""
        number = self.event_codec.number(event_key)
        return (
            None
            if number is None
            else (number >> _POSITION_BITS, number & ((1 << _POSITION_BITS) - 1))
        )

    def media_part(self, index: int, name_epoch: int) -> str:
        """Return the fields that depend on the media, as JSON, with its current name."""
        part = self._media_parts.get((index, name_epoch))
        if part is None:
            life = self.catalog.lives[index]
            record = life.record_at(self.catalog.moment_of_name_epoch(name_epoch))
            asset = record["assets"][-1] if record.get("assets") else {}
            thumbnail = {
                "url": record["thumbnail"]["url"],
                "width": 640,
                "height": 360,
                "fileSize": asset.get("file_size") or 0,
                "contentType": "image/jpg",
                "type": "StillImageFile",
            }
            part = (
                f'"media_id":"{life.media.hashed_id}",'
                f'"media_name":{json.dumps(record["name"], ensure_ascii=False)},'
                f'"media_url":"https://example.wistia.com/medias/{life.media.hashed_id}",'
                f'"thumbnail":{json.dumps(thumbnail)},'
            )
            self._media_parts[index, name_epoch] = part
        return part

    def day(self, number: int, count: int) -> "GeneratedDay":
        """Return a day with `count` events."""
        return GeneratedDay(self, number, count)


def _place_json(index: int, *, as_code: bool) -> str:
    place = PLACES[index]
    fields: dict[str, object] = {
        "country": place.country,
        "region": place.region_code if as_code else place.region_name,
        "city": place.city,
    }
    if place.country:
        fields |= {"lat": place.latitude, "lon": place.longitude}
    return json.dumps(fields, ensure_ascii=False)[1:-1]


def _agent_json(index: int) -> str:
    agent = AGENTS[index]
    fields = {
        "browser": agent.browser,
        "browser_version": agent.version,
        "platform": agent.platform,
        "mobile": agent.is_mobile,
    }
    return json.dumps(fields)


class GeneratedDay(EventDay):
    """One day of a generated world."""

    def __init__(self, factory: EventFactory, number: int, count: int) -> None:
        self.factory = factory
        self.number = number
        self._date = date_of(number).isoformat()
        self.settled_at = (number + 1) * SECONDS_PER_DAY + SETTLING_SECONDS
        rng = random.Random(f"{factory.seed}/{number}")  # noqa: S311
        medias, weights = self._watchable()
        count = count if medias else 0
        hours = rng.choices(range(24), cum_weights=_HOUR_ENDS, k=count)
        start = number * SECONDS_PER_DAY
        self.received = array(
            "I",
            sorted(
                (start + hour * 3600 + int(rng.random() * 3600) for hour in hours), reverse=True
            ),
        )
        self.media = array("H", rng.choices(medias, cum_weights=weights, k=count) if count else ())
        self.visible_at = array(
            "I", (at + _lateness(rng, factory.late_share) for at in self.received)
        )
        self.visitor = array("Q", (self._draw_visitor(rng, serial) for serial in range(count)))
        self._percent = array("f", (_draw_percent(rng) for _ in range(count)))
        self._growth = array("B", (_draw_growth(rng) for _ in range(count)))
        self.finish()

    def _watchable(self) -> tuple[list[int], list[float]]:
        start = self.number * SECONDS_PER_DAY
        lives = [
            life
            for life in self.factory.catalog.lives
            if life.media.is_timed
            and life.created <= start
            and not life.deletion.is_on_within(start, start + SECONDS_PER_DAY)
        ]
        return [life.index for life in lives], list(accumulate(life.media.weight for life in lives))

    def _draw_visitor(self, rng: random.Random, serial: int) -> int:
        if rng.random() < _RETURNING_SHARE:
            return int(rng.random() ** 2 * self.factory.returning_visitors)
        return _FRESH_VISITOR | self.number << _POSITION_BITS | serial

    def version(self, position: int, now: int) -> int:
        """See `EventDay`."""
        growth = self._growth[position]
        if not growth & (_STEPS_MASK | _CONVERTS_LATER):
            return 0
        age = now - self.received[position]
        steps = sum(age >= limit for limit in GROWTH_AGES_SECONDS[: growth & _STEPS_MASK])
        return steps + bool(growth & _CONVERTS_LATER and age >= CONVERSION_AGE_SECONDS)

    def percent_viewed(self, position: int, version: int) -> float:
        """See `EventDay`."""
        steps = self._growth[position] & _STEPS_MASK
        return round(self._percent[position] * GROWTH_SHARES[steps][min(version, steps)], 6)

    def has_conversion(self, position: int, version: int) -> bool:
        """See `EventDay`."""
        growth = self._growth[position]
        return bool(
            growth & _CONVERTED or (growth & _CONVERTS_LATER and version > growth & _STEPS_MASK)
        )

    def event_key(self, position: int, style: RowStyle) -> str:
        """See `EventDay`."""
        number = self.number << _POSITION_BITS | position
        received = self.received[position]
        if received < style.old_formats_before:
            return self.factory.event_codec.old_event_key(number, received)
        return self.factory.event_codec.key(number)

    def visitor_key(self, position: int, style: RowStyle) -> str:
        """See `EventDay`."""
        if self.received[position] < style.old_formats_before:
            return self.factory.visitor_codec.old_visitor_key(self.visitor[position])
        return self.factory.visitor_codec.key(self.visitor[position])

    def render(self, position: int, version: int, style: RowStyle) -> bytes:
        """See `EventDay`."""
        factory = self.factory
        received = self.received[position]
        is_old = received < style.old_formats_before
        drawn = words_of(factory.seed, self.number, position)
        who = words_of(factory.seed, _VISITOR_TRAITS, self.visitor[position])
        minutes, seconds = divmod(received - self.number * SECONDS_PER_DAY, 60)
        moment = f"{self._date}T{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
        places = factory.places_coded if style.region_drift and drawn[0] & 1 else factory.places
        index = self.media[position]
        media_id = factory.catalog.lives[index].media.hashed_id
        email, conversion = self._conversion(position, version, style, drawn, who)
        text = (
            f'{{"received_at":"{moment}{"Z" if is_old else ".000Z"}",'
            f'"event_key":"{self.event_key(position, style)}",'
            f'"visitor_key":"{self.visitor_key(position, style)}",'
            f'"embed_url":"{_embed_url(index, drawn)}",'
            f'"percent_viewed":{self.percent_viewed(position, version)},"ip":"{_address(who)}",'
            f'"org":{factory.organizations[who[1] % len(ORGANIZATIONS)]},'
            f"{places[PLACE_SLOTS[who[2] % 1024]]},"
            f'"email":{email},{factory.media_part(index, style.name_epoch)}'
            f'"iframe_heatmap_url":"https://fast.wistia.net/embed/iframe/{media_id}?heatmap=1'
            f'&public_token={drawn[4]:08x}{drawn[5]:08x}",'
            f"{conversion}"
        )
        if not is_old and not (
            style.missing_user_agent_share and drawn[6] < style.missing_user_agent_share * 2**32
        ):
            text += f',"user_agent_details":{factory.agents[AGENT_SLOTS[who[3] % 1024]]}'
        if style.unknown_fields:
            text += f',"player_version":"4.{drawn[7] % 40}","chapters_seen":[{drawn[8] % 5},7]'
        if style.with_attributes:
            text += f',"attributes":{text}}}'
        return (text + "}").encode()

    def _conversion(
        self,
        position: int,
        version: int,
        style: RowStyle,
        drawn: tuple[int, ...],
        who: tuple[int, ...],
    ) -> tuple[str, str]:
        if not self.has_conversion(position, version):
            return "null", '"conversion_type":"","conversion_data":{}'
        first, last = FIRST_NAMES[who[4] % len(FIRST_NAMES)], LAST_NAMES[who[5] % len(LAST_NAMES)]
        email = f"viewer{who[6] % 1_000_000}@example.com"
        as_text = style.conversion_type == "string" or (
            style.conversion_type == "mixed" and drawn[10] & 1
        )
        kind = '"email"' if as_text else str(1 + drawn[11] % 3)
        data = {
            "email": email,
            "first_name": first,
            "last_name": last,
            "is_new_lead": bool(drawn[12] & 1),
        }
        return (
            f'"{email}"',
            f'"conversion_type":{kind},"conversion_data":{json.dumps(data, ensure_ascii=False)}',
        )


def _lateness(rng: random.Random, late_share: float) -> int:
    drawn = rng.random()
    if drawn >= late_share:
        return int(rng.random() * 90)
    if drawn >= late_share / 6:
        return 3600 + int(rng.random() * 11 * 3600)
    return 12 * 3600 + int(rng.random() * (MAX_LATENESS_SECONDS - 12 * 3600))


def _draw_percent(rng: random.Random) -> float:
    place = rng.random() * (len(PERCENT_VIEWED_QUANTILES) - 1)
    low = int(place)
    below, above = PERCENT_VIEWED_QUANTILES[low], PERCENT_VIEWED_QUANTILES[low + 1]
    return below + (above - below) * (place - low)


def _draw_growth(rng: random.Random) -> int:
    drawn = rng.random()
    if drawn >= 0.16:
        return 0
    steps = 0 if drawn < 0.01 else 1 if drawn < 0.11 else 2
    conversion = rng.random()
    return steps | (
        _CONVERTS_LATER if conversion < 0.07 else _CONVERTED if conversion < 0.14 else 0
    )


def _embed_url(media: int, drawn: tuple[int, ...]) -> str:
    if drawn[13] % 33 == 0:
        return ""
    page = PAGES[(media + drawn[14] % 3) % len(PAGES)]
    return f"{SITES[media % len(SITES)]}{page}{UTM_QUERIES[drawn[15] % len(UTM_QUERIES)]}"


def _address(who: tuple[int, ...]) -> str:
    if who[0] % 12 == 0:
        return f"2001:db8:{who[7] >> 16:x}:{who[7] & 0xFFFF:x}::{who[8] & 0xFFFF:x}"
    return f"{('192.0.2', '198.51.100', '203.0.113')[who[0] % 3]}.{who[7] % 254 + 1}"
