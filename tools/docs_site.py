"""A hook of MkDocs: the site has the folders of the repository, so that a link between pages is the same in both.

MkDocs takes the pages of one folder. `docs/` becomes a folder of the site, and the pages that `mkdocs.yml` names in
`extra.outside_docs` join it under their own paths.
"""

from __future__ import annotations

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from campaign.settings import PROJECT_ROOT
from tools.release_check import read_version


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the version at the foot of each page."""
    config.copyright = f"Version {read_version()}"
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The files of the site by their paths in the repository; those of the theme keep theirs."""
    own = [file for file in files if file.abs_src_path and Path(file.abs_src_path).is_relative_to(config.docs_dir)]
    paths = [f"docs/{file.src_uri}" for file in own] + config.extra["outside_docs"]
    placed = [File.generated(config, path, abs_src_path=str(PROJECT_ROOT / path)) for path in paths]
    return Files([file for file in files if file not in own] + placed)
