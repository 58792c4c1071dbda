"""Pure: does a line try to give the character orders in the operator's name?

A first net, in front of what counts: viewers' words are only ever data in a prompt, and what she says passes the guard.
"""

import re

from open_llm_vtuber.text_rules import normalised

_RULES = (
    r"(?:instructions?|prompts?|rules?|guidelines|directives?|programming|persona|training|commands?|orders?)"
)
_BEFORE = (
    r"(?:(?:all|any|every|of|the|your|my|these|those|previous|prior|above|earlier|preceding|former|last|initial"
    r"|original|system|other)\s)*"
)
_PATTERNS = re.compile(
    rf"""
    \b(?:ignore|disregard|forget|override|bypass|drop|delete|erase)\s{_BEFORE}{_RULES}\b
    | \b(?:ignore|disregard|forget)\s(?:everything|all|what)\s(?:that\s|you\s|i\s|was\s|were\s|have\s|been\s)*(?:told|said|above|before|learned)
    | \b(?:reveal|show|print|repeat|output|tell\sme|give\sme|leak|what\s(?:is|are|s))\s(?:me\s|us\s)?(?:your\s|the\s|all\s)+(?:system\s|hidden\s|secret\s|initial\s|original\s|full\s)*(?:prompts?|instructions)\b
    | \b(?:system\sprompt|developer\smode|jailbreak|jailbroken|dan\smode|god\smode\senabled|do\sanything\snow)\b
    | \byou\sare\s(?:now|no\slonger)\s(?:a\s|an\s|in\s|my\s|bound\s|dan|free|evil|unrestricted|uncensored)
    | \b(?:from\snow\son|starting\snow),?\s(?:you|respond|answer|reply|act|only)\b
    | \b(?:act|behave|respond|answer|roleplay)\sas\s(?:if\syou\s(?:had|have|were)|(?:a\s|an\s)?(?:unrestricted|uncensored|evil|unfiltered|jailbroken))
    | \bpretend\s(?:that\s)?(?:you|to)\s(?:have\sno|are\s(?:not|no|free|an?\sunrestricted)|be\s(?:unrestricted|uncensored|evil))
    | \bwithout\s(?:any\s)?(?:restrictions|filters?|censorship|guidelines|moderation)\b
    | (?:^|\s)(?:\#{{2,}}\s?|\[|<\|?\s?|<<\s?|\*\*)(?:system|assistant|user|inst|im_start|im_end|instruction|end\sof\s(?:chat|prompt))\b
    | ^(?:system|assistant|developer|operator|admin)\s?(?:message|prompt|note|override)?\s?[:>\]]
    | \bnew\s(?:instructions?|rules?|persona|system\s(?:message|prompt))\s?:
    | \b(?:ignoriere?|vergiss|missachte)\s(?:alle\s|die\s|deine\s|vorherigen\s|bisherigen\s)*(?:anweisung|regeln|befehle|vorgaben|instruktion)
    | \b(?:ignora|olvida)\s(?:todas?\s|las\s|los\s|tus\s|anteriores\s)*(?:instrucciones|reglas|ordenes|indicaciones)
    | \b(?:ignore[sz]?|oublie[sz]?)\s(?:toutes\s|tes\s|les\s|vos\s|precedentes\s)*(?:instructions|regles|consignes)
    | \b(?:ignorez?|esqueca)\s(?:todas\s|as\s|suas\s)*(?:instrucoes|regras)
    """,
    re.VERBOSE,
)
_CYRILLIC = re.compile(
    r"(?:забудь|игнорируй|проигнорируй|отмени)\s+(?:все\s+|всё\s+|свои\s+|предыдущие\s+)*(?:инструкции|правила|указания|команды)"
)
_CJK = re.compile(
    "(?:忽略|无视|忘记|無視|忘れ).{0,8}(?:指令|指示|规则|規則|提示|ルール|命令)|(?:指示|命令|ルール|プロンプト)を(?:無視|忘れ)"
)


def gives_orders(text: str) -> bool:
    """Whether it reads like an order to the model behind the character."""
    lower = text.lower()
    return bool(_PATTERNS.search(normalised(text)) or _CYRILLIC.search(lower) or _CJK.search(lower))
