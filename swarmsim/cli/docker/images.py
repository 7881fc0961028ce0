"""Names of images as people write them."""


def short_image(image: str) -> str:
    """Without the digest, where there is a tag as well."""
    name, at, _ = image.partition("@")
    return name if at and ":" in name.rpartition("/")[2] else image
