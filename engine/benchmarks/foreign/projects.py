"""List projects of others whose models and histories are tried: none of their code is ours."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Project:
    """One project of others.

    name: of its row. distribution: what pip installs, with its version. clone: where git has it,
    for one that is no distribution, which then are the ones that its models import. models: the
    source of a
    module that has its MetaData as ``metadata``. history: the folder of its own revisions below
    site-packages, "" where that is not tried. start: the source of a module that has as
    ``metadata`` what was there before the first revision, "" for nothing. is_stamped: whether that
    is at the last revision instead, as where create_all() is followed by a stamp.
    """

    name: str
    distribution: str
    models: str
    history: str = ""
    start: str = ""
    is_stamped: bool = False
    clone: str = ""

    @property
    def distributions(self) -> list[str]:
        """What pip installs."""
        return self.distribution.split()

    @property
    def distribution_name(self) -> str:
        """The name of the distribution, without its version."""
        return re.split(r"[=<>]", self.distribution)[0]


_OPENSTACK = """
import importlib
import pkgutil

import {package}

for found in pkgutil.walk_packages({package}.__path__, "{package}.", onerror=lambda name: None):
    if ".backends.sql" in found.name and ".tests." not in found.name:
        importlib.import_module(found.name)
"""

_H = """
import h.models
from alembic_utils.pg_extension import PGExtension
from h.db import Base

metadata = Base.metadata
extension = PGExtension("public", "uuid-ossp")
"""

PROJECTS = {
    one.name: one
    for one in (
        Project(
            "optuna",
            "optuna==5.*",
            "from optuna.storages._rdb.models import BaseModel\nmetadata = BaseModel.metadata\n",
            "optuna/storages/_rdb/alembic/versions",
        ),
        Project(
            "barbican",
            "barbican==23.*",
            "from barbican.model.models import BASE\nmetadata = BASE.metadata\n",
            "barbican/model/migration/alembic_migrations/versions",
        ),
        Project(
            "keystone",
            "keystone==30.*",
            _OPENSTACK.format(package="keystone")
            + "from keystone.common.sql import ModelBase\nmetadata = ModelBase.metadata\n",
        ),
        Project(
            "nova",
            "nova==34.*",
            "from nova.db.main.models import BASE\nmetadata = BASE.metadata\n",
            "nova/db/main/migrations/versions",
        ),
        Project(
            "galaxy-data",
            "galaxy-data==26.*",
            "from galaxy.model import Base\nimport galaxy.model.tool_shed_install\n"
            "metadata = Base.metadata\n",
        ),
        Project(
            "rucio",
            "rucio>=41",
            "from rucio.db.sqla.models import BASE\nmetadata = BASE.metadata\n",
        ),
        Project(
            "neutron",
            "neutron==29.*",
            "from neutron.db.migration.models import head\nmetadata = head.get_metadata()\n",
        ),
        Project(
            "airflow",
            "apache-airflow-core==3.3.*",
            "import airflow.models\nairflow.models.import_all_models()\nimport airflow.jobs.job\n"
            "from airflow.models.base import Base\nmetadata = Base.metadata\n",
            "airflow/migrations/versions",
        ),
        Project(
            "prefect",
            "prefect==3.*",
            "from prefect.server.database.orm_models import Base\nmetadata = Base.metadata\n",
        ),
        Project(
            "mlflow",
            "mlflow==3.*",
            "import mlflow.store.tracking.dbmodels.models\n"
            "import mlflow.store.model_registry.dbmodels.models\n"
            "from mlflow.store.db.base_sql_model import Base\nmetadata = Base.metadata\n",
            "mlflow/store/db_migrations/versions",
            "from mlflow.store.tracking.dbmodels.initial_models import Base\n"
            "metadata = Base.metadata\n",
        ),
        Project(
            "h",
            "pyramid pyramid-retry zope.sqlalchemy bleach markdown python-slugify setuptools",
            _H,
            "h/migrations/versions",
            _H,
            is_stamped=True,
            clone="https://github.com/hypothesis/h",
        ),
    )
}

# Files that a project wants before its models can be imported, by their paths below its folder.
RUCIO_CONFIG = """
[database]
default = sqlite:///:memory:
schema = public
[common]
[policy]
permission = generic
schema = generic
"""
