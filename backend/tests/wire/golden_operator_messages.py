"""One message of each class that is about the operator's desk: what clients send, and what the server answers."""

from open_llm_vtuber.protocol.client_messages import ClientMessage
from open_llm_vtuber.protocol.live_client_messages import (
    GetChatDecisions,
    HoldDecide,
    ModerationEdit,
    PauseChat,
    QueueDrop,
    Resume,
    ResumeChat,
    Say,
    Skip,
    Stop,
    ViewerBlock,
    ViewerForget,
    ViewerUnblock,
)
from open_llm_vtuber.protocol.live_server_messages import (
    ChannelEventCue,
    ChatCommand,
    ChatDecisions,
    ChatPaused,
    ChatResumed,
    HoldDecided,
    ModerationLists,
    QueueChanged,
    Resumed,
    SayAck,
    SentenceHeld,
    SentenceRefused,
    Skipped,
    SpeechRetracted,
    Stopped,
    ViewerBlockAck,
    ViewerForgetAck,
    ViewerUnblockAck,
)
from open_llm_vtuber.protocol.parts import Decision, DecisionReason, Queued
from open_llm_vtuber.protocol.server_messages import ServerMessage
from open_llm_vtuber.protocol.why_messages import (
    GetTurnWhy,
    TurnWhy,
    WhyBill,
    WhyCandidate,
    WhyDecision,
    WhyPromptPart,
    WhyRequest,
    WhySentence,
    WhyTimings,
)

QUEUED = Queued(stimulus_id="s1", source="chat", author="V", text="hi")
REASON = DecisionReason(
    id="m1",
    platform="twitch",
    username="v",
    text="hi",
    timestamp="2026-01-02T03:04:05+00:00",
    decision=Decision(outcome="skipped", reason="stale", score=1.5),
    factors={"question": 2.0, "noise": -0.5},
    beaten_by=1.75,
    would_have_won_without=("noise",),
    explanation="v's line was skipped (stale).",
)
OPERATOR_MESSAGES: tuple[ServerMessage, ...] = (
    ChannelEventCue(
        id="e1",
        kind="gift",
        platform="twitch",
        username="v",
        display_name="V",
        amount=5,
        message="",
        data={"tier": "1000"},
        timestamp="2026-01-02T03:04:05+00:00",
    ),
    ChatCommand(id="m1", command="expression", username="v", done=True, reason="success", text="It is joy."),
    SayAck(turn_id="s1", status="queued", request_id="r"),
    Stopped(request_id="r"),
    Resumed(request_id="r"),
    ChatPaused(request_id="r"),
    ChatResumed(request_id="r"),
    Skipped(cut=True, request_id="r"),
    QueueChanged(waiting=(QUEUED,), request_id="r"),
    HoldDecided(id="m1", allow=True, request_id="r"),
    ViewerBlockAck(platform="twitch", username="v", request_id="r"),
    ViewerUnblockAck(platform="twitch", username="v", request_id="r"),
    ViewerForgetAck(platform="twitch", username="v", request_id="r"),
    ModerationLists(lists={"topics": ("politics",)}, request_id="r"),
    ChatDecisions(decisions=(REASON,), request_id="r"),
    TurnWhy(
        turn_id="s1",
        source="chat",
        message_id="m1",
        trigger="",
        decision=WhyDecision(outcome="answered", reason="", score=2.0, parts={"question": 2.0}),
        candidates=(
            WhyCandidate(
                message_id="m1", username="v", score=2.0, factors={"question": 1.0}, parts={"question": 2.0}
            ),
            WhyCandidate(message_id="m2", username="w", score=0.0, factors={}, parts={}),
        ),
        otherwise=(),
        providers={"llm": "scripted_llm"},
        requests=(
            WhyRequest(
                model="scripted", prompt=(WhyPromptPart(role="system", characters=9, digest="0" * 16),)
            ),
        ),
        bills=(WhyBill(provider="p", model="m", prompt_tokens=9, answer_tokens=3, cost=None),),
        sentences=(
            WhySentence(text="Hello.", rule="", index=0, sound_s=0.5, expression=1),
            WhySentence(text="No.", rule="word"),
        ),
        timings=WhyTimings(first_token_ms=1, first_sentence_ms=2, first_audio_ms=3, end_ms=None),
        heard=6,
        interrupted=False,
        retracted="",
        explanation="It was asked.",
        request_id="r",
    ),
    SentenceHeld(id="s1:0", turn_id="s1", text="Hello.", air_in_ms=2000),
    SentenceRefused(turn_id="s1", rule="profanity"),
    SpeechRetracted(turn_id="s1", reason="removed"),
)
OPERATOR_SENT: tuple[tuple[str, ClientMessage], ...] = (
    (
        '{"type":"say","text":" Hi! ","verbatim":true,"priority":0}',
        Say(text="Hi!", verbatim=True, priority=0),
    ),
    ('{"type":"say","text":"Greet Ana."}', Say(text="Greet Ana.", priority=10)),
    ('{"type":"stop","request_id":"r"}', Stop(request_id="r")),
    ('{"type":"resume"}', Resume()),
    ('{"type":"skip"}', Skip()),
    ('{"type":"pause-chat"}', PauseChat()),
    ('{"type":"resume-chat"}', ResumeChat()),
    ('{"type":"queue-drop","stimulus_id":"s1"}', QueueDrop(stimulus_id="s1")),
    ('{"type":"queue-drop","stimulusId":"s2"}', QueueDrop(stimulus_id="s2")),
    ('{"type":"hold-decide","id":"m1","allow":false}', HoldDecide(id="m1", allow=False)),
    ('{"type":"viewer-block","username":"v"}', ViewerBlock(platform="twitch", username="v")),
    (
        '{"type":"viewer-unblock","platform":"other","username":"v"}',
        ViewerUnblock(platform="other", username="v"),
    ),
    ('{"type":"viewer-forget","username":"v"}', ViewerForget(username="v")),
    (
        '{"type":"moderation-edit","list":"topics","add":["politics"]}',
        ModerationEdit(list="topics", add=("politics",)),
    ),
    ('{"type":"get-chat-decisions"}', GetChatDecisions()),
    ('{"type":"get-turn-why","turn_id":"last"}', GetTurnWhy(turn_id="last")),
)
