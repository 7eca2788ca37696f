"""What a record says of a person never reaches staging or the quarantine in the clear."""

import json
import time

import pytest

from ingestion.normalize import masking, privacy
from ingestion.spelling import camel, snake
from tests.support.odd_lines import (
    cleaner,
    line,
    traces,
)


@pytest.mark.parametrize(
    ("value", "hidden"),
    [
        ("call jané.roe@exämple.com now", "exämple"),
        ("jane%40example.com", "jane"),
        (r"{\"mail\": \"jane\u0040example.com\"}", "jane"),
        ("from 203.0.113.77", "203.0"),
        ("from 2001:db8::1 and fe80::1ff:fe23:4567:890a", "db8"),
        ("::ffff:203.0.113.77", "203.0"),
        ("jane%2540example.com", "jane"),
        ("jane%252540example.com", "jane"),
        ("jane&#64;example.com", "jane"),
        ("jane&#x40;example.com", "jane"),
        ("jane&commat;example.com", "jane"),
        ("jane&amp;#64;example.com", "jane"),
        ("jane\uff20example.com", "jane"),
        ("jane%EF%BC%A0example.com", "jane"),
        ("jane[at]example.com", "jane"),
        ("jane@localhost", "jane"),
        ("seen 5f2c6f0e-0000-4000-8000-000000000001 twice", "5f2c6f0e"),
        ("v1_5F2C6F0E-0000-4000-8000-000000000001", "5F2C6F0E"),
        ("0123456789abcdef0123456789abcdef01234567", "0123456789abcdef"),
    ],
)
def test_an_address_never_reaches_staging_in_the_clear(value, hidden) -> None:
    envelope = json.loads(line("events", {}))
    envelope["record"]["note"] = value
    envelope["record"]["city"] = {value: [value]}
    cleaned = cleaner("events").clean(json.dumps(envelope).encode())
    assert hidden not in (cleaned.extra or "")
    assert "[masked]" in (cleaned.extra or "")


PERSONS = [
    rule for rule in privacy.field_rules()
    if (rule.treatment in ("hash", "coarsen", "derive") and not rule.field.startswith("assets."))
    or rule.why.startswith(("identifies a person", "links a person", "carries a public token"))
]  # fmt: skip


@pytest.mark.parametrize("rule", PERSONS, ids=lambda rule: f"{rule.stream}.{rule.field}")
@pytest.mark.parametrize("spelling", [snake, camel])
@pytest.mark.parametrize("value", ["Quentin Roe", 'Que"ntin', 47.6062], ids=repr)
def test_what_a_record_says_of_a_person_is_masked_wherever_it_is_repeated(
    rule, spelling, value
) -> None:
    # GIVEN a record that repeats a person's field in unknown fields
    envelope = json.loads(line(rule.stream, {}))
    holder = envelope["record"]
    *outer, last = rule.field.split(".")
    for name in outer:
        holder = holder.setdefault(name, {})
    holder[spelling(last)] = value
    envelope["record"]["aCopy"] = {"of": [value, f"seen {value} twice"], str(value): 1}
    envelope["record"][f"with {value}"] = "a word"
    # WHEN it is cleaned
    cleaned = cleaner(rule.stream).clean(json.dumps(envelope).encode())
    # THEN none of it is in the clear
    assert "Que" not in (cleaned.extra or "")
    assert "47.6" not in (cleaned.extra or "")
    assert "a word" in (cleaned.extra or "") or "seen" in (cleaned.extra or "")


@pytest.mark.parametrize(
    "name",
    ["geoLat", "clientLatitude", "latLng", "latlng", "coordinates", "gpsPoint", "viewer_key", "viewerId", "fingerprint",
     "person", "first", "lastWord", "mobile", "dob", "birthday", "createdBy", "updated_by", "ipAddress", "IPv4", "clientIp", "userIP",
     "contact", "Owner", "user", "userAgentOwner", "emailAddress", "EMail"],
)  # fmt: skip
def test_a_name_that_sounds_personal_hides_its_value_in_either_spelling(name) -> None:
    for path, holder in (("", None), ("user_agent_details.", "user_agent_details")):
        for content in ("Jane Roe", {"of": [1, "Jane Roe"]}):
            envelope = json.loads(line("events", {}))
            (envelope["record"][holder] if holder else envelope["record"])[name] = content
            envelope["record"]["around"] = [{name: "Jane Roe"}]
            cleaned = cleaner("events").clean(json.dumps(envelope).encode())
            assert json.loads(cleaned.extra or "") == {f"{path}{name}": "[masked]", "around": "[masked]"}  # fmt: skip


@pytest.mark.parametrize(
    "name", ["subscription", "latest", "platform", "language", "average", "plan", "billion", "useragent",
             "user_agent_details.family", "stage", "standby"],
)  # fmt: skip
def test_a_name_that_does_not_sound_personal_hides_nothing(name) -> None:
    assert masking.masked(name, {"of": "gold"}, is_private=False) == (name, '{"of":"gold"}')


MEGABYTE = 1_000_000
LONG_TEXTS = {
    "hex": "0123456789abcdef" * (MEGABYTE // 16),
    "base64url": "AbC-dEf_" * (MEGABYTE // 8),
    "Japanese": "動画の書き起こし" * (MEGABYTE // 24),
    "one @ at the end": "a" * MEGABYTE + "@",
    "nothing but @": "@" * MEGABYTE,
    "an address and many words": "jane.roe@example.com " + "lorem ipsum " * (MEGABYTE // 12),
    "colons": ":" * MEGABYTE,
    "backslashes": "\\" * MEGABYTE,
    "digits and points": "1." * (MEGABYTE // 2),
    "groups of hex": "a:" * (MEGABYTE // 2),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", LONG_TEXTS.values(), ids=LONG_TEXTS)
def test_masking_a_text_of_a_megabyte_takes_seconds_whatever_it_is(text) -> None:
    # GIVEN an unknown field with a long text; a pattern that starts again at each character would
    # take hours for it
    envelope = json.loads(line("events", {}))
    envelope["record"]["transcript"] = text
    long_line = json.dumps(envelope).encode()
    # WHEN the line is cleaned
    start = time.process_time()
    cleaned = cleaner("events").clean(long_line)
    # THEN it takes a moment, and no address is left
    assert time.process_time() - start < 5
    assert "transcript" in json.loads(cleaned.extra or "{}")
    assert not traces(cleaned)
