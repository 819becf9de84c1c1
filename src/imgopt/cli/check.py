"""`imgopt check`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from imgopt import config as configuration
from imgopt import quantities
from imgopt.alerts import comment
from imgopt.bench.against import MAX_PAIRS, Aim
from imgopt.bench.options import Options
from imgopt.bench.registry import plan, scenarios
from imgopt.cli.alerting import Alerting, alerting, job_link
from imgopt.cli.check_lint import lint_of, linter_of
from imgopt.cli.check_options import Asked, check_options
from imgopt.cli.messages import say
from imgopt.cli.options import outputs, show
from imgopt.config import Config
from imgopt.errors import AlertError, BuildFailed, ConfigError, HistoryError
from imgopt.formats import alerts, check_markdown, registry
from imgopt.formats.live import Live
from imgopt.formats.reasons import sentence
from imgopt.gate.here import check_measured, check_recorded
from imgopt.gate.pull_request import Work, check_against
from imgopt.gate.reasons import Terms
from imgopt.gate.result import CheckResult
from imgopt.gate.terms import HERE, limits_of, usual, with_scenarios
from imgopt.history.folder import NAME
from imgopt.history.opening import open_history
from imgopt.history.store import History
from imgopt.project.image import Image
from imgopt.project.services import select
from imgopt.records.build import BuildRecord

_A_RUN = 2 * MAX_PAIRS  # samples of a scenario at most, but for what was asked for by hand


@click.command("check")
@check_options
def command(**given: Any) -> int:
    """Check budgets and regressions: one verdict, one comment for a pull request.

    Without --against, each service with a [services.NAME.budget] is judged by its last record in
    the history, or with --measure by builds that are made now. With --against, what has changed
    since a git revision is linted, the services that it touches are built in pairs, and the others
    are not built at all.
    """
    asked = Asked(**given)
    _check_use(asked)
    config = configuration.load(Path.cwd(), asked.config)
    limits = limits_of(config)
    images = select(config, Path.cwd(), asked.services)
    if not asked.against and not any(limits.get(image.name) for image in images):
        raise ConfigError(
            "no budget to check: write [services.NAME.budget] into imgopt.toml, or compare with "
            "--against REF"
        )
    places = outputs(asked.formats, asked.output)
    where = alerting(asked.alert, asked.alert_format, config.settings.alerts)
    there = comment.discussion(os.environ) if asked.comment else None
    samples: list[BuildRecord] = []
    builds = asked.measure or bool(asked.against)
    with Live(asked.quiet or not builds, samples.append) as live:
        work = _work(asked, config, images, limits, live)
        result, problem = _run(asked, config, work, samples)
    show("check", result, places)
    _tell(result, asked, where, there)
    if not any(file is None for _, file in places):
        for reason in result.reasons:
            say(sentence(reason))
    if problem is not None:
        raise problem
    if result.failures:
        raise BuildFailed("\n".join(result.failures))
    return int(bool(result.reasons))


def _tell(
    result: CheckResult,
    asked: Asked,
    where: Alerting | None,
    there: comment.Discussion | None,
) -> None:
    """Write the comment and send the alert. What goes wrong is said, and changes no verdict: a
    pull request from a fork may not comment."""
    if there is not None:
        text = check_markdown.render(result, registry.Options())
        try:
            comment.place(text, check_markdown.MARKER, there)
        except AlertError as error:
            say(str(error))
    alert = alerts.of_check(result, job_link()) if where is not None else None
    if where is not None and alert is not None:
        where.send(alert, asked.quiet)


def _check_use(asked: Asked) -> None:
    """ConfigError for options that nothing would use."""
    if asked.measure and asked.against:
        raise ConfigError("--measure and --against: one at a time; --against measures, too")
    only_against = (
        ("--fail-on", asked.fail_on),
        ("--fail-on-regression", asked.fail_on_regression),
        ("--fail-on-growth", asked.fail_on_growth),
        ("--time-budget", asked.time_budget or None),
    )
    for name, value in only_against:
        if value is not None and not asked.against:
            raise ConfigError(f"{name} needs a comparison: add --against REF")
    if not (asked.measure or asked.against):
        for name, given in (("--scenario", bool(asked.scenarios)), ("--runs", bool(asked.runs))):
            if given:
                raise ConfigError(f"{name} is for builds: add --measure or --against REF")


def _work(
    asked: Asked,
    config: Config,
    images: Sequence[Image],
    limits: dict[str, dict[str, float]],
    live: Live,
) -> Work:
    settings = config.settings
    names = [part for value in asked.scenarios for part in value.split(",") if part]
    chosen = with_scenarios(images, limits, names, usual(config) if asked.against else ())
    wanted = names or [name for image in chosen for name in image.scenarios]
    runs = asked.runs or settings.bench.runs
    regression, growth = asked.fail_on_regression, asked.fail_on_growth
    check = settings.check
    terms = Terms(
        quantities.share(check.fail_on_regression) if regression is None else regression,
        quantities.share(check.fail_on_growth) if growth is None else growth,
    )
    return Work(
        images=chosen,
        limits=limits,
        plan=plan(wanted, runs, settings.scenarios),
        options=_options(asked, config, chosen, limits),
        terms=terms,
        aim=Aim(asked.min_effect, terms.regression, asked.time_budget),
        watcher=live,
        linter=linter_of(config, images),
        lint=lint_of(asked, config, images),
    )


def _options(
    asked: Asked, config: Config, images: Sequence[Image], limits: dict[str, dict[str, float]]
) -> Options:
    defaults = config.settings.bench
    return Options(
        builder=asked.builder or defaults.builder,
        timeout_s=asked.timeout,
        logs=config.root / NAME / "logs",
        isolation=defaults.isolation if asked.isolation is None else asked.isolation,
        disposable=tuple(defaults.disposable),
        driver_options=tuple(defaults.driver_opts),
        cache_from=tuple(defaults.cache_from),
        cache_to=tuple(defaults.cache_to),
        waste=any("waste" in limits.get(image.name, {}) for image in images),
    )


def _run(
    asked: Asked, config: Config, work: Work, samples: list[BuildRecord]
) -> tuple[CheckResult, HistoryError | None]:
    """The check, and what went wrong when its records were stored, be it broken off."""
    named = asked.history or config.settings.history.url
    if not (asked.measure or asked.against):
        return check_recorded(_records(named, config, work), work), None
    store = None
    if not asked.no_history:
        store = open_history(named, config.root)
        store.require_writable()
    try:
        if asked.against:
            result, records = check_against(asked.against, config, Path.cwd(), work)
        else:
            result, records = check_measured(work)
    except BaseException:
        if samples and store is not None:
            problem = _keep(store, samples)
            say(str(problem or f"the {len(samples)} samples until then are stored"))
        raise
    return result, _keep(store, records)


def _keep(store: History | None, records: Sequence[BuildRecord]) -> HistoryError | None:
    """Store records; what went wrong is for the caller, who still has them to show."""
    if store is None:
        return None
    try:
        store.add(records)
        store.close()
    except HistoryError as error:
        return error
    return None


def _records(named: str, config: Config, work: Work) -> list[BuildRecord]:
    """The last records of each scenario of services with a budget; none are needed where files
    alone tell."""
    names = {image.name for image in work.images}
    if all(HERE.issuperset(work.limits.get(name, {})) for name in names):
        return []
    store = open_history(named, config.root, create=False)
    known = (*scenarios(), *config.settings.scenarios)
    records = [
        record
        for name in sorted(names)
        for scenario in known
        for record in store.latest(name, scenario, _A_RUN, sides=True)
    ]
    store.close()
    return records
