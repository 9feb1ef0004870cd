"""The demo's fleet: who its agents are, what they use and what that costs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Model:
    """A language model: seconds a call takes, and micro-dollars that a thousand tokens cost."""

    name: str
    latency: float
    prompt_price: int
    completion_price: int

    def cost(self, prompt_tokens: int, completion_tokens: int) -> int:
        """Price a call, in micro-dollars."""
        thousands = prompt_tokens * self.prompt_price + completion_tokens * self.completion_price
        return thousands // 1000


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent. An incident brings out its next version, and fails the first of its tools."""

    name: str
    type: str
    triggers: tuple[str, ...]
    model: Model
    tools: tuple[str, ...]
    version: str
    next_version: str
    prompt_version: str


LARGE = Model("atlas-large", latency=1.4, prompt_price=2500, completion_price=10000)
SMALL = Model("atlas-mini", latency=0.6, prompt_price=150, completion_price=600)

AGENTS = (
    Agent(
        name="researcher",
        type="research",
        triggers=("user", "schedule"),
        model=LARGE,
        tools=("web_search", "fetch_page", "take_notes"),
        version="2.3.1",
        next_version="2.4.0",
        prompt_version="p14",
    ),
    Agent(
        name="support-triage",
        type="triage",
        triggers=("ticket",),
        model=SMALL,
        tools=("search_tickets", "lookup_customer"),
        version="1.8.0",
        next_version="1.9.0",
        prompt_version="p31",
    ),
    Agent(
        name="code-reviewer",
        type="review",
        triggers=("webhook",),
        model=LARGE,
        tools=("read_file", "run_tests", "post_comment"),
        version="0.9.4",
        next_version="0.10.0",
        prompt_version="p7",
    ),
    Agent(
        name="data-analyst",
        type="analysis",
        triggers=("user", "api"),
        model=SMALL,
        tools=("run_query", "draw_chart"),
        version="3.0.2",
        next_version="3.1.0",
        prompt_version="p22",
    ),
)

PIPELINE = "report-pipeline"
"""What runs the agents that the execution log tells of."""

PIPELINE_AGENTS = ("extractor", "summariser")
