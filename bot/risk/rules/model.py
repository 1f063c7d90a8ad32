"""The rule of a strategy's model. The gate has asked it: what it said stands in the proposal's facts."""

from bot.domain.abstain import MEANS, SAYS, Abstain, words
from bot.domain.decision import Proposal, Reason
from bot.risk.context import Context, Rule


class Model(Rule):
    """A strategy that has a model trades only what the model lets pass."""

    name = "model"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse while the model abstains, with every word and number of it."""
        says = proposal.facts.get(SAYS)
        if not isinstance(says, str) or says == Abstain.OK:
            return None
        why = [MEANS[word] for word in words(says)]
        kinds = ", ".join(dict.fromkeys(kind for kind, _ in why))
        facts = {key.removeprefix("model_"): value for key, value in proposal.facts.items() if key.startswith("model")}
        del facts["says"]
        message = f"the model abstains ({kinds}): {'; '.join(text for _, text in why)}"
        return Reason(self.name, message, {"abstain": says, "kinds": kinds, **facts})
