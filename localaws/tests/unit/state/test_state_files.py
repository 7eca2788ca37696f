"""Files of S3 objects outlive what the last saved state refers to."""

from pathlib import Path

from localaws.state.objects import ObjectFiles


def files_in(root: Path) -> int:
    return len(list(root.glob("*/*")))


def test_an_object_that_no_state_knows_is_deleted_at_once(tmp_path: Path):
    # GIVEN an object put after the last save
    objects = ObjectFiles(tmp_path)
    name, written = objects.write(b"content")

    # WHEN it is replaced
    objects.discard(name, written)

    # THEN its file is gone
    assert files_in(tmp_path) == 0


def test_an_object_of_the_saved_state_is_kept_until_the_next_save(tmp_path: Path):
    # GIVEN an object in the saved state, deleted since
    objects = ObjectFiles(tmp_path)
    name, written = objects.write(b"content")
    objects.end_save(objects.begin_save(), succeeded=True)
    objects.discard(name, written)
    assert files_in(tmp_path) == 1

    # WHEN the next save fails, and the one after it succeeds
    objects.end_save(objects.begin_save(), succeeded=False)
    kept = files_in(tmp_path)
    objects.end_save(objects.begin_save(), succeeded=True)

    # THEN the file was kept through the failure and is gone now
    assert kept == 1
    assert files_in(tmp_path) == 0


def test_an_object_put_while_a_save_takes_its_copy_is_kept_for_that_save(tmp_path: Path):
    # GIVEN an object put between the beginning of a save and its copy of the memory
    objects = ObjectFiles(tmp_path)
    condemned = objects.begin_save()
    name, written = objects.write(b"content")
    objects.copied()
    objects.end_save(condemned, succeeded=True)

    # WHEN it is deleted before the next save
    objects.discard(name, written)

    # THEN the saved state, which may name it, still has its file
    assert files_in(tmp_path) == 1


def test_files_without_an_object_are_deleted_at_a_start(tmp_path: Path):
    # GIVEN two files, one of which a restored object refers to
    objects = ObjectFiles(tmp_path)
    kept, _ = objects.write(b"kept")
    objects.write(b"put after the last save")
    objects.note_restored(kept)

    # WHEN orphans are deleted
    deleted = objects.delete_orphans()

    # THEN only the other one is gone
    assert deleted == 1
    assert objects.path(kept).exists()
