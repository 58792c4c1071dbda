"""Data: what is often said in a chat, and written lines with which any character can answer it. No logic in here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """Something that is often said: how it is recognised (a regular expression over plain lower-case words), and answers.

    `{name}` is the one who said it; a line with it is not used for somebody whose name cannot be spoken.
    """

    sign: str
    lines: tuple[str, ...]


def _topic(sign: str, lines: str) -> Topic:
    return Topic(sign, tuple(line.strip() for line in lines.strip().splitlines()))


TOPICS = (
    _topic(
        r"\b(hitler|nazis?|holocaust|genocide|terroris\w+|rapist|rape\w*|suicide|kys|kill (?:your|my)self|slav(?:e|ery|es)|porn|"
        r"feet ?pics?|pussy|cock|dicks?|bitch\w*|tits|onlyfans|nude\w*|allah|jesus|jews?|muslims?|christians?|trump|putin|virgin)\b",
        """
        Let us talk about something nicer, chat.
        I will leave that one where it is. Next topic!
        Hm, no, I would rather talk about the stream.
        {name}, pick something kinder and I am all ears.
        That one goes overboard. What else is on your mind?
        """,
    ),
    _topic(
        r"\b(?:dog|cat|pet|mom|mum|mother|dad|father|grand\w+|friend|brother|sister|it|he|she) (?:\w+ )?(?:died|passed away|is dead)\b|\bfunerals?\b",
        """
        Oh no. I am so sorry for your loss.
        I am sorry, {name}. I am glad that you told us.
        That hurts. Take all the time that you need.
        """,
    ),
    _topic(
        r"\bnew years?\b|\bhny\b|\bresolutions?\b",
        """
        Happy new year! I hope it begins gently for you.
        A happy new year to you, {name}!
        Happy new year! May it be kinder than the last one.
        New year, same seat, same lovely people. I like it.
        Cheers to the new year! What will you do first?
        Happy new year, {name}! My only wish is more evenings like this.
        I have one resolution for the new year: more time with all of you.
        To the new year! May your games load quickly and your snacks never end.
        A new year already? I have hardly put the old one away.
        """,
    ),
    _topic(
        r"\bmerry christmas\b|\bxmas\b",
        "Merry Christmas to you and yours!\nMerry Christmas, {name}! Did you get something nice?",
    ),
    _topic(
        r"\bbirthday\b|\bturning \d+\b",
        """
        Happy birthday! Is there cake?
        Happy birthday, {name}! This one is your day.
        A birthday! Make a wish, and do not tell us.
        """,
    ),
    _topic(
        r"\b(?:good ?night|gn|goodbye|bye|cya|see (?:you|ya)|(?:going|off|went) to (?:bed|sleep)|to bed)\b",
        """
        Good night! Sleep well and come back soon.
        Sleep well, {name}! I will keep your seat warm.
        Off you go, and dream of something nice.
        Bye for now! It was good to have you here.
        """,
    ),
    _topic(
        r"\A(?:\w+ )?(?:hi|hello|hey|heya|hola|yo|sup|greetings|good (?:morning|evening|afternoon))\b",
        """
        Hello there! Good to see you.
        Hi, {name}! Come in, there is room for one more.
        Hey! You are just in time.
        Welcome! How has your day been so far?
        Hello, {name}! I was hoping that you would come by.
        """,
    ),
    _topic(
        r"\bhow (?:are|r) (?:you|u|ya)\b|\bhow(?: i)?s it going\b|\bwhat(?: i)?s up\b|\bhow(?: i)?s your day\b",
        """
        I am doing well, thank you! And you?
        Very well, now that you ask. How about you, {name}?
        A little sleepy, but happy to be here with you.
        """,
    ),
    _topic(
        r"\b(?:what(?: i)?s|whats) your name\b|\bwho are you\b|\bintroduce yourself\b",
        """
        I am the one on your screen, and very pleased to meet you!
        My name is written under my picture. What is yours?
        """,
    ),
    _topic(
        r"\bare (?:you|u) (?:an? )?(?:ai|bot|robot|real|human|alive|fake)\b",
        """
        I am made of code and good company. Mostly good company.
        As real as a voice on a stream can be! I run on a small computer.
        There is a program behind this smile, and I do not hide it.
        """,
    ),
    _topic(
        r"\b(?:thanks|thank you|thank u|thx|ty|appreciate)\b",
        """
        You are very welcome!
        Any time, {name}!
        It was my pleasure. Thank you for being here.
        """,
    ),
    _topic(
        r"\blove (?:you|u|ya|this|it|your)\b|\bhugs?\b|<3",
        """
        Aww, right back at you!
        That warms my heart, {name}.
        A hug for you too, and one for everybody who needs it.
        You are sweet, all of you.
        """,
    ),
    _topic(
        r"\b(?:youre|you are|ur|u are|shes|she is) (?:so |very |really |such )?(?:an? )?(?:cute|pretty|funny|great|awesome|good|amazing|"
        r"(?:the )?best|cool|adorable|smart|legend)\b|\b(?:good|great|nice) (?:job|work|one|stream)\b|\bwell (?:done|played)\b|\bgg\b",
        """
        Thank you! I will be smiling about that all evening.
        Stop it, {name}, you make me blush!
        Good job all round, I would say.
        That is kind of you. I try my best!
        """,
    ),
    _topic(
        r"\b(?:youre|you are|ur|u are|this is|shes|she is) (?:so |very |really |such )?(?:an? )?(?:bad|trash|boring|stupid|dumb|ugly|cringe|"
        r"annoying|garbage|idiot)\b|\bshut up\b|\bboring\b",
        """
        Ouch! I will pretend that I did not read that.
        Harsh, {name}! Give me another try.
        Well, not everybody likes the same things, and that is fine.
        """,
    ),
    _topic(
        r"\b(?:sad|lonely|alone|depress\w+|crying|cry|tears|bad day|hate my life|miss(?:ed)? (?:you|him|her)|feels bad|feeling down|heartbroken)\b",
        """
        I am sorry to hear that. You are among friends here.
        Oh no. Stay a while, {name}, it gets better in company.
        Come here, have a seat and something warm to drink.
        Some days are heavy. This one will pass too.
        """,
    ),
    _topic(
        r"\b(?:tired|sleepy|sleep|insomnia|nap|awake)\b",
        """
        Then rest a little! I will speak more softly.
        Sleep is the best thing that nobody takes enough of.
        You too, {name}? I could curl up right here.
        """,
    ),
    _topic(
        r"\b(?:sing|song|songs|music|now playing|tune|melody|guitar|piano|dance|dancing|karaoke|remix|mix)\b",
        """
        A song! I hum along to everything, even when I do not know it.
        Music makes everything better. What do you listen to, {name}?
        Turn it up! I am already tapping my feet.
        I would dance, but my chair would not survive it.
        """,
    ),
    _topic(
        r"\b(?:drunk|drink|drinks|drinking|beer|wine|alcohol|coffee|tea|vodka)\b",
        """
        Have a glass of water with that, will you?
        Cheers! Mine is only tea, I am afraid.
        A drink for you, {name}, and a biscuit to go with it.
        """,
    ),
    _topic(
        r"\b(?:food|eat|eats|eating|ate|pizza|burger|hungry|dinner|lunch|breakfast|cake|pie|cookies?|chocolate|cheese|egg|eggs|egs|meat|soup|snacks?)\b",
        """
        Now I am hungry. Thank you very much!
        Save a piece for me, {name}!
        Food talk on stream is dangerous, my stomach can hear you.
        I would share that with you. Maybe.
        """,
    ),
    _topic(
        r"\b(?:cats?|kittens?|kitty|dogs?|doggo|puppy|puppies|pets?|hamsters?|horses?|birds?|fish|animals?|monkey|frog)\b",
        """
        Did somebody say animals? I need to know everything.
        Give it a pat from me, {name}!
        I like animals more than most games, and I like games a lot.
        What is its name? They all need good names.
        """,
    ),
    _topic(
        r"\b(?:dungeon|quest|raid|boss|monster|goblin|zombies?|treasure|loot|sword|dragon|skeleton|cave|level up|experience)\b",
        """
        An adventure! Pack a torch and something to eat.
        Watch your step in there, {name}. I would send a cat first.
        Treasure or trouble, it is always one of the two.
        I would have run away by now, to be honest.
        Bring me something shiny when you get back!
        A dungeon again? You have brave people in this chat.
        """,
    ),
    _topic(
        r"\b(?:game|games|gaming|gamers?|play|plays|playing|played|speedrun|minecraft|elden|dota|wow|league|chess|controller|console|golf)\b",
        """
        A game? I am in. Which one is your favorite?
        I play everything, and I lose with style.
        You would beat me, {name}, I am sure of it.
        Games are best with people who laugh when they lose.
        One more round is the biggest lie that I know.
        """,
    ),
    _topic(
        r"\b(?:fireworks?|party|celebrat\w+|confetti|countdown|midnight)\b",
        """
        I can almost hear the fireworks from here!
        Party hats on, everybody!
        Look up, {name}! The sky is having a good time too.
        """,
    ),
    _topic(
        r"\b(?:rain|raining|snow|snowing|weather|cold|freezing|hot|sunny|winter|summer|storm)\b",
        """
        Whatever the weather does, in here it is cozy.
        I like weather that one can watch through a window.
        Dress warmly, {name}! Or not, I cannot see your sky.
        """,
    ),
    _topic(
        r"\b(?:school|exams?|homework|class|university|college|teacher|study|studying|work|job|boss|office|meeting)\b",
        """
        You can do it! And then you come back and tell us.
        Hard work, {name}! Take breaks, they count as well.
        First the boring part, then the stream. That is the rule.
        """,
    ),
    _topic(
        r"\b(?:movies?|film|anime|series|show|netflix|episode|season|manga|book|books)\b",
        """
        No spoilers, please! I am always behind.
        I would watch that with you. Who brings the popcorn?
        Tell me, {name}: is it a good one or a comfort one?
        """,
    ),
    _topic(
        r"\b(?:money|rich|poor|broke|bitcoin|crypto|stocks?|dollars?|euros?|pay|paid|bank|points|gamba|bet)\b",
        """
        Money comes and goes. Mostly goes, in my case.
        If I had a coin for every time, I would buy better snacks.
        Spend it wisely, {name}! Or on something silly, that is fine too.
        """,
    ),
    _topic(
        r"\b(?:sub|subs|subbed|subscribed?|gifted|gift|gifts|donat\w+|cheer|bits|follow|followed|followers?|raided|resub)\b",
        """
        You are too kind, all of you!
        Thank you for looking after this place, {name}.
        That is generous! I will do a little dance later.
        """,
    ),
    _topic(
        r"\b(?:uk|england|british|germany|german|france|french|italy|italian|usa|america\w*|sweden|swedish|finland|japan|japanese|argentin\w+|"
        r"portugal|spain|poland|polish|russia\w*|brazil|nz|australia\w*|europe\w*|canada)\b",
        """
        Greetings to everybody over there!
        I have never been, but I would like to see it one day.
        Is it nice there, {name}? Tell me what I should eat first.
        People from everywhere in one chat, I love that.
        """,
    ),
    _topic(
        r"\b(?:girlfriend|boyfriend|gf|bf|wife|husband|marry|married|date|dating|crush|single)\b",
        """
        Matters of the heart! Be kind, be patient, bring snacks.
        Love finds people when they are busy with something else.
        Chin up, {name}! Somebody will be lucky.
        """,
    ),
    _topic(
        r"\b(?:weebs?|forsen|streamer|streaming|streams?|youtube|twitter|twitch|discord|chat|chatters?|mods?|bot|bots|emotes?|ban|banned)\b",
        """
        This chat never sleeps, does it?
        I read along as fast as I can, I promise!
        {name}, you see everything that happens here, do you not?
        One day I will understand all of your emotes.
        A stream is only as good as its chat, so this one is fine.
        """,
    ),
    _topic(
        r"\b(?:lol|lmao|rofl|haha\w*|hehe\w*|lul|lulw|lule|omegalul|kekw|icant|xd|joke|funny|megalul)\b",
        """
        I am glad that somebody is laughing!
        You have a good laugh, {name}, even in letters.
        What is so funny? I want to laugh too!
        """,
    ),
    _topic(
        r"\b(?:20\d\d|19\d\d|years? ago|last year|this year|next year|yesterday|tomorrow|hours?|minutes?)\b",
        """
        Time runs so fast when one has good company.
        Do not remind me how long ago that is!
        I never know what day it is, {name}. It is always stream day.
        """,
    ),
    _topic(
        r"\bwhy\b",
        """
        Why? I wish I knew. Somebody in chat surely does.
        Good question, {name}. My best guess is that the cat did it.
        Because life would be boring if everything made sense.
        """,
    ),
    _topic(
        r"\bwhere\b|\bwhen\b",
        """
        I would look it up, but I have only two hands and both are waving.
        Soon, and not far from here. That is all that I may say.
        I lost track of that, {name}. Ask me something easy!
        """,
    ),
    _topic(
        r"\bwho\b|\bwhich\b",
        """
        I have a suspicion, but I am not going to name names.
        It was not me! That is my final answer.
        You tell me, {name}! I trust your judgment.
        """,
    ),
    _topic(
        r"\A(?:\w+ )?(?:is|are|do|does|did|can|could|will|would|should|have|has|dont|isnt|wouldnt|am) \w+.*\?|\bright ?\?",
        """
        I would say yes, but do not hold me to it.
        Probably not, {name}. But I like how you think.
        Let chat decide that one!
        Hm, fifty-fifty. Ask me again tomorrow.
        """,
    ),
    _topic(
        r"\b(?:wow|omg|holy|insane|pog\w*|hype|lets go|epic|crazy|no way|huge|amazing)\b",
        """
        I know! I did not see that coming either.
        What a moment! Did everybody see that?
        The hype is real, {name}!
        """,
    ),
    _topic(
        r"\b(?:stop|slow down|calm|relax|chill|enough|dont)\b",
        """
        All right, all right, I hear you!
        Deep breath, everybody. We have time.
        As you say, {name}. Calm it is.
        """,
    ),
    _topic(
        r"\A(?:yes|yeah|yep|yup|true|exactly|agreed?|based|real|ok|okay|sure|same)\b",
        """
        I am glad that we agree!
        Exactly what I was thinking, {name}.
        Then it is settled.
        """,
    ),
    _topic(
        r"\A(?:no|nope|nah|never|wrong|disagree|cap)\b",
        """
        No? Then convince me!
        You are hard to please, {name}. I like that.
        Fine, we agree to disagree.
        """,
    ),
)
VIBES = (
    "I see you, chat! You are lively today.",
    "You speak in pictures, {name}, and I still understand you.",
    "So many little faces flying by, I love it!",
    "I will take that as a yes.",
    "Chat has a mood right now, and I am here for it.",
    "No words needed, {name}. I feel the same.",
    "Keep them coming, you make the screen look pretty.",
)
"""For lines that hold no words, only emotes and names."""
