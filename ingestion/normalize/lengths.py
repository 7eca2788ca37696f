"""What Wistia's `duration` means for a media's type.

Standard library only: Spark's workers run this.
"""

# For these it is a number of pages, and for those below it means nothing. Every other type,
# including new ones, has a playing time.
DOCUMENTS = ("pdfdocument", "microsoftofficedocument")
WITHOUT_LENGTH = ("image", "swf", "unknowntype")

PAGES = ("page_count",)
SECONDS = ("duration_seconds",)
MOST_PAGES = 2**31 - 1

TYPE = "type"
DURATION = "duration"


def columns(media_type: str | None) -> tuple[str, ...]:
    """Return the columns that the duration of a media of this type fills: one or none."""
    kind = (media_type or "").strip(" ").lower()
    if kind in WITHOUT_LENGTH:
        return ()
    return PAGES if kind in DOCUMENTS else SECONDS


def is_page_count(number: float) -> bool:
    """Return whether a number can be a number of pages."""
    return number.is_integer() and number <= MOST_PAGES
