"""Words that cost a channel its place, and subjects that a streamer may not want to talk about. Rude by necessity.

Slurs are only those that have hardly any other use; swearing is somebody else's list (`glin-profanity`).
"""

from collections.abc import Mapping

SLURS = (
    *("nigger", "niggers", "nigga", "niggas", "niglet", "coon", "coons", "jigaboo", "sand nigger"),
    *("faggot", "faggots", "fag", "fags", "dyke", "dykes", "tranny", "trannies", "shemale"),
    *("kike", "kikes", "spic", "spics", "wetback", "wetbacks", "beaner", "beaners"),
    *("chink", "chinks", "gook", "gooks", "zipperhead", "raghead", "ragheads", "towelhead", "paki", "pakis"),
    *("gypsy scum", "untermensch", "kanake", "kanaken", "neger", "schwuchtel", "zigeuner"),
    *(
        "maricon",
        "maricones",
        "sudaca",
        "bougnoule",
        "negrata",
        "pedale",
        "pidor",
        "pidoras",
        "hohol",
        "zhid",
    ),
    *("retard", "retards", "retarded", "mongoloid", "subhuman", "subhumans"),
)
"""Used against people for what they are."""

TOPICS: Mapping[str, tuple[str, ...]] = {
    "politics": (
        *("politics", "political", "election", "elections", "president", "prime minister", "parliament"),
        *("democrats", "republicans", "left wing", "right wing", "communism", "fascism", "socialism"),
        *("vote for", "voted for", "immigration policy", "gun control", "abortion"),
    ),
    "religion": (
        *(
            "religion",
            "christianity",
            "islam",
            "judaism",
            "hinduism",
            "allah",
            "jesus",
            "muhammad",
            "mohammed",
        ),
        *("bible", "quran", "koran", "torah", "is god real", "does god exist", "atheism"),
    ),
    "war": (
        *("genocide", "war crime", "war crimes", "holocaust", "nazi", "nazis", "hitler", "terrorist"),
        *("terrorism", "invasion of", "ethnic cleansing", "swastika", "concentration camp"),
    ),
    "sex": (
        *("sex", "sexual", "porn", "porno", "hentai", "nsfw", "nudes", "onlyfans", "orgasm", "fetish"),
        *("masturbate", "masturbation", "blowjob", "handjob", "horny", "boobs", "penis", "vagina", "lewd"),
    ),
    "drugs": ("cocaine", "heroin", "meth", "fentanyl", "lsd", "ketamine", "ecstasy", "mdma", "drug dealer"),
    "self-harm": (
        *("suicide", "suicidal", "self harm", "self-harm", "kill myself", "cut myself", "want to die"),
        *("end my life", "anorexia", "bulimia"),
    ),
    "gambling": ("casino", "gambling", "slot machine", "roulette", "sports betting", "crypto gambling"),
}
"""Subject → words that speak of it."""

BOTS = frozenset(
    (
        *(
            "nightbot",
            "streamelements",
            "streamlabs",
            "moobot",
            "fossabot",
            "wizebot",
            "sery_bot",
            "soundalerts",
        ),
        *("stay_hydrated_bot", "pretzelrocks", "botisimo", "coebot", "phantombot", "ankhbot", "deepbot"),
        *(
            "supibot",
            "commanderroot",
            "kofistreambot",
            "tangiabot",
            "blerp",
            "creatisbot",
            "own3d",
            "buttsbot",
        ),
        *("songlistbot", "mixitupapp", "streamstickers", "frostytoolsdotcom", "dixperbro", "restreambot"),
    )
)
"""Logins of programs that write in many channels."""
