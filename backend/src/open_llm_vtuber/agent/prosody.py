"""Pure: what Hume hears in a voice → the emotions that avatars of ours are told.

Hume scores 48 emotions. They are grouped as GoEmotions groups its 27 (Demszky et al., "GoEmotions: A Dataset of
Fine-Grained Emotions", ACL 2020, mapping to Ekman's six); what that list does not have goes with its nearest word
there. Two departures: sympathy is `sadness`, for it must not be said with a smile; and states of attention, which
GoEmotions counts as surprise or not at all, are `neutral`, for nearly every sentence has some of them.
"""

from collections.abc import Mapping

_GROUPS = {
    "joy": """Admiration, Adoration, Aesthetic Appreciation, Amusement, Contentment, Craving, Desire, Ecstasy,
        Excitement, Joy, Love, Pride, Relief, Romance, Satisfaction, Triumph""",
    "sadness": """Awkwardness, Disappointment, Embarrassment, Empathic Pain, Guilt, Nostalgia, Pain, Sadness,
        Shame, Sympathy""",
    "anger": "Anger, Envy",
    "disgust": "Contempt, Disgust",
    "fear": "Anxiety, Distress, Fear, Horror",
    "surprise": "Awe, Confusion, Doubt, Realization, Surprise (negative), Surprise (positive)",
    "neutral": """Boredom, Calmness, Concentration, Contemplation, Determination, Entrancement, Interest,
        Tiredness""",
}
EMOTIONS: Mapping[str, str] = {
    " ".join(name.split()): emotion for emotion, names in _GROUPS.items() for name in names.split(",")
}
"""Hume's name → ours."""
WEAKEST = 0.1
"""A lower score is noise: 48 equal ones would be 0.02 each."""


def felt(scores: Mapping[str, float]) -> tuple[str, ...]:
    """Return the emotions in a voice, the strongest first; () where none stands out. Unknown names are left out."""
    strong = sorted((name for name in scores if scores[name] >= WEAKEST), key=lambda name: -scores[name])
    return tuple(dict.fromkeys(EMOTIONS[name] for name in strong if name in EMOTIONS))
