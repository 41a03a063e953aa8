"""What the words of mail servers mean: data, asked from the top; the first rule that fits decides.

Texts and codes are those of Amazon SES, Gmail, Microsoft 365, Yahoo, Postmark, MailerSend and
Postfix. What only one service says is in the file of its preset.
"""

from app.rules.replies.known import content, destination, line, recipient, rest, sender, throttling
from app.rules.replies.rule import Rule

RULES: tuple[Rule, ...] = (
    *line.BEFORE_MAIL,
    *destination.RULES,
    *throttling.RULES,
    *line.RULES,
    *sender.RULES,
    *content.RULES,
    *recipient.RULES,
    *rest.RULES,
)
