"""Names of images: as people write them, and as services have them."""


def short_image(image: str) -> str:
    """Without the digest, where there is a tag as well."""
    name, at, _ = image.partition("@")
    return name if at and ":" in name.rpartition("/")[2] else image


def with_tag(image: str) -> str:
    """With `:latest`, where there is neither tag nor digest."""
    return image if "@" in image or ":" in image.rpartition("/")[2] else f"{image}:latest"
