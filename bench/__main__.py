"""`make bench`: measures NEXUS on this machine and prints the figures. Nothing is asserted.

python -m bench [--quick] [--json FILE]
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bench import deadline, door_costs, lifecycle, peers, replies, turns
from bench.door_costs import DoorCost
from bench.lifecycle import Lifecycle
from bench.processes import machine
from bench.replies import Answering
from bench.turns import Cost, Plan
from infra.home import Home
from infra.telemetry.logs import configure_logging
from shared.errors import NexusError


@dataclass
class Report:
    """All figures of one run."""

    at: str
    machine: Mapping[str, str]
    costs: list[Cost] = field(default_factory=list)
    doors: list[DoorCost] = field(default_factory=list)
    lifecycle: Lifecycle | None = None
    replies: list[Answering] = field(default_factory=list)
    deadline: object = None
    encoder: object = None
    models: object = None
    generation: object = None
    left_out: list[str] = field(default_factory=list)


def main() -> int:
    """Measure, print, and write the JSON where asked."""
    options = _options()
    configure_logging("error", sys.stderr)
    plan = Plan(1, 1.0, 6_000, 200) if options.quick else Plan(3, 3.0, 40_000, 1_000)
    report = Report(datetime.now(UTC).isoformat(timespec="minutes"), machine())
    _say("machine", report.machine)
    with tempfile.TemporaryDirectory(prefix="nxb-") as folder:
        _lifecycle(report, Path(folder) / "life")
        _replies(report, Path(folder) / "replies", quick=options.quick)
        _turns(report, Path(folder) / "turns", plan)
        _peers(report, Path(folder), plan)
    _deadline(report, quick=options.quick)
    _encoder(report, quick=options.quick)
    _models(report, quick=options.quick)
    _generation(report, quick=options.quick)
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure NEXUS on this machine.")
    parser.add_argument("--quick", action="store_true", help="one short round of everything")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser.parse_args()


def _lifecycle(report: Report, root: Path) -> None:
    found = report.lifecycle = lifecycle.measure(root)
    print(f"\nfirst start {found.cold_s:.2f} s · warm start {found.warm_s:.2f} s (target 3)")
    parts = " · ".join(f"{name} {megabytes:.0f}" for name, megabytes in found.idle_mb.items())
    print(f"idle memory, PSS: {found.idle_total_mb:.0f} MB (target 450): {parts}")
    print("killed and back in s (target 5): " + " · ".join(f"{n} {s:.2f}" for n, s in found.back_s.items()), flush=True)


def _replies(report: Report, root: Path, *, quick: bool) -> None:
    report.replies = replies.measure(root, quick=quick)
    print("\nanswers that depend on nobody, µs (median): by the handler, from the worker's memory, from Valkey")
    for one in report.replies:
        print(f"  {one.intent:20} {one.handler_us:6.0f} {one.worker_us:6.0f} {one.valkey_us:6.0f}", flush=True)


def _turns(report: Report, root: Path, plan: Plan) -> None:
    with turns.prepared_home(root) as home:
        _doors(report, home, plan)
        for scenario in turns.SCENARIOS:
            cost = turns.measure(scenario, home, plan)
            report.costs.append(cost)
            _print_cost(cost)


def _doors(report: Report, home: Home, plan: Plan) -> None:
    report.doors = door_costs.measure(home, plan.rounds, plan.seconds / 2)
    print("\nevery door without engine, µs CPU a request; HTTP: the server alone with the same request")
    print(door_costs.table(report.doors), flush=True)


def _peers(report: Report, folder: Path, plan: Plan) -> None:
    try:
        peer = peers.measure(plan, folder)
    except peers.NotHere as reason:
        report.left_out.append(f"flask-ask-sdk: {reason}")
        print(f"\nflask-ask-sdk was not measured: {reason}")
        return
    report.costs.append(peer)
    _print_cost(peer)
    for cost in report.costs[:-1]:
        print(f"  {peer.cpu_us / cost.cpu_us:5.2f} times the CPU of: {cost.name}")


def _deadline(report: Report, *, quick: bool) -> None:
    figures = deadline.measure(quick=quick)
    report.deadline = figures
    print(
        f"\nanswers on time, with a really slow model: budget {deadline.BUDGET_S:g} s, times in shares of it (target: none late)"
    )
    print(deadline.table(figures), flush=True)


def _encoder(report: Report, *, quick: bool) -> None:
    from bench.encoder import measure

    report.encoder = measure(quick=quick)
    _say("encoder", report.encoder)


def _models(report: Report, *, quick: bool) -> None:
    from bench.models import measure

    report.models = measure(quick=quick)
    _say("model process", report.models)


def _generation(report: Report, *, quick: bool) -> None:
    from bench.generation import measure

    try:
        found = report.generation = measure(quick=quick)
    except (NexusError, peers.NotHere) as reason:
        report.left_out.append(f"generation: {reason}")
        print(f"\ngeneration was not measured: {reason}")
        return
    report.left_out += found.left_out
    _say("generation", found)
    for one in found.left_out:
        print(f"  not compared with {one}")


def _print_cost(cost: Cost) -> None:
    target = f" (target {cost.target_us:.0f})" if cost.target_us else ""
    print(f"\n{cost.name}: {cost.cpu_us:.0f} µs CPU a turn{target}, rounds {list(cost.cpu_us_rounds)}")
    if cost.stores_us:
        print("  stores apart, µs CPU a turn: " + " · ".join(f"{n} {us:.0f}" for n, us in cost.stores_us.items()))
        print(f"  a person's first turn ever: {cost.first_us:.0f} µs CPU")
    print(
        f"  {turns.CONNECTIONS} connections: {cost.per_second:.0f} turns/s, p50 {cost.p50:.1f} ms, p99 {cost.p99:.1f} ms · "
        f"one connection: p50 {cost.alone_p50:.2f} ms, p99 {cost.alone_p99:.2f} ms"
    )
    print(f"  {cost.answered} answers checked, {cost.wrong} wrong", flush=True)
    if cost.wrong:
        print(f"  the first wrong one: {cost.first_wrong}")


def _say(title: str, figures: object) -> None:
    print(f"{title}: {msgspec.json.encode(figures).decode()}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
