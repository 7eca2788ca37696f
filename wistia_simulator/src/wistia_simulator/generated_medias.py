"""The medias of a generated world; a few of them change at known times."""

from dataclasses import replace

from wistia_simulator.clock import SECONDS_PER_DAY
from wistia_simulator.medias import DOCUMENT_TYPES, TIMED_TYPES, Change, Folder, Media
from wistia_simulator.randomness import hashed_id, uniform, words
from wistia_simulator.vocabulary import FOLDERS, SUBFOLDERS, SUBJECTS, TAGS, TOPICS

# What happens to a media, by its rank: (rank, event, days after the initial clock).
LIFE_EVENTS = (
    (1, "swap", -30.0),
    (3, "swap", 1.6),
    (4, "rename", -15.0),
    (5, "delete", -20.0),
    (6, "rename", 3.3),
    (7, "archive", -10.0),
    (8, "delete", 2.5),
    (9, "archive", 4.4),
    (2, "swap", 6.2),
    (10, "delete", 9.1),
    (5, "restore", 5.2),
    (7, "unarchive", 7.4),
)
# Days after the initial clock at which further medias appear.
ARRIVALS_DAYS = (0.7, 1.4, 2.9, 5.5, 8.2, 13.0, 21.0, 34.0)
# By rank, repeating: most are videos.
TYPES = (
    "Video",
    "Video",
    "Video",
    "Video",
    "Audio",
    "Video",
    "Video",
    "Video",
    "Video",
    "Video",
    "Video",
    "PdfDocument",
    "Video",
    "Video",
    "Image",
    "Video",
    "Audio",
    "Video",
    "Video",
    "Video",
)


def generate_folders(seed: int, oldest: int) -> list[Folder]:
    """Return the account's folders, all older than the events."""
    folders = []
    for number, name in enumerate(FOLDERS):
        subfolders = tuple(
            (hashed_id(seed, "subfolder", number, sub), sub) for sub in SUBFOLDERS[: number % 4]
        )
        folders.append(
            Folder(
                hashed_id=hashed_id(seed, "folder", number),
                name=name,
                description="" if number % 2 else f"All about {name}",
                created=oldest - (900 - 40 * number) * SECONDS_PER_DAY,
                is_public=number == 2,
                subfolders=subfolders,
            )
        )
    return folders


def generate_medias(seed: int, count: int, start: int, clock: int) -> list[Media]:
    """Return `count` medias that exist at the initial clock, and those that come later.

    Parameters
    ----------
    start, clock
        Epoch seconds of the oldest event and of the initial clock.
    """
    folders = generate_folders(seed, start)
    medias = [
        _media(seed, rank, folders, _created(seed, rank, start, clock)) for rank in range(count)
    ]
    medias += [
        _media(seed, count + number, folders, clock + int(days * SECONDS_PER_DAY))
        for number, days in enumerate(ARRIVALS_DAYS if count else ())
    ]
    if count > max(rank for rank, _, _ in LIFE_EVENTS):
        for rank, event, days in LIFE_EVENTS:
            medias[rank] = _with_life_event(
                medias[rank], event, clock + int(days * SECONDS_PER_DAY)
            )
    return medias


def _created(seed: int, rank: int, start: int, clock: int) -> int:
    # The first dozen have the life events, so they are all older than the history.
    if rank >= 12 and uniform(seed, "created within", rank) < 0.2:
        return start + int(uniform(seed, "created", rank) * (clock - start))
    return start - int((20 + 600 * uniform(seed, "created", rank)) * SECONDS_PER_DAY)


def _media(seed: int, rank: int, folders: list[Folder], created: int) -> Media:
    drawn = words(seed, "media", rank)
    kind = TYPES[rank % len(TYPES)]
    if kind == "PdfDocument" and rank // len(TYPES) % 2:
        kind = "MicrosoftOfficeDocument"
    folder = None if drawn[0] % 12 == 0 else folders[drawn[1] % len(folders)]
    subfolder = None
    if folder is not None and folder.subfolders and drawn[2] % 3 == 0:
        subfolder = folder.subfolders[drawn[3] % len(folder.subfolders)]
    return Media(
        hashed_id=hashed_id(seed, "media", rank),
        name=f"{TOPICS[drawn[4] % len(TOPICS)]}: {SUBJECTS[drawn[5] % len(SUBJECTS)]} #{rank + 1}",
        type=kind,
        duration=_duration(kind, drawn),
        created=created,
        folder=folder,
        subfolder=subfolder,
        tags=tuple(sorted({TAGS[word % len(TAGS)] for word in drawn[8 : 8 + drawn[11] % 4]})),
        weight=1.0 / (rank % 40 + 1.5) ** 0.9,
    )


def _duration(kind: str, drawn: tuple[int, ...]) -> float | None:
    if kind in TIMED_TYPES:
        return round(20 + 40 * 1.06 ** (drawn[6] % 60) + drawn[7] % 1000 / 1000, 3)
    return 1 + drawn[6] % 60 if kind in DOCUMENT_TYPES else None


def _with_life_event(media: Media, event: str, at: int) -> Media:
    match event:
        case "delete":
            return replace(media, deleted=at)
        case "restore":
            return replace(media, restored=at)
        case "archive":
            return replace(media, archived=at)
        case "unarchive":
            return replace(media, unarchived=at)
        case "rename":
            change = Change(at, {"name": f"{media.name} (v2)"})
        case _:
            change = Change(at, {"duration": round((media.duration or 60.0) * 0.62, 3)})
    return replace(media, changes=(*media.changes, change))
