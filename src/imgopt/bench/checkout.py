"""An image of the working tree as another commit has it."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from imgopt.errors import ConfigError
from imgopt.project.image import Image


def moved(image: Image, root: Path, checkout: Path, reference: str) -> Image:
    """The image with its paths in a checkout of the same repository; nothing says that they are
    there. ConfigError for a path outside the repository."""

    def there(path: Path) -> Path:
        try:
            inside = path.relative_to(Path(os.path.realpath(root)))
        except ValueError:
            raise ConfigError(
                f"service {image.name}: {path} is outside the repository {root}, so {reference} "
                f"has no other version of it"
            ) from None
        return checkout / inside

    contexts = {
        name: str(there(Path(value))) if value.startswith("/") and Path(value).is_relative_to(root)
        else value
        for name, value in image.contexts.items()
    }  # fmt: skip
    return msgspec.structs.replace(
        image,
        context=there(image.context),
        dockerfile=there(image.dockerfile),
        contexts=contexts,
    )
