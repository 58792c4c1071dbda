"""What an avatar can show, and who may show it: the model's files, and the arbiters of its face and its gestures."""

from open_llm_vtuber.live2d_model.claims import Ended, Outcome
from open_llm_vtuber.live2d_model.expressions import ExpressionManager, FaceClaim
from open_llm_vtuber.live2d_model.model import Live2dModel, MotionFile
from open_llm_vtuber.live2d_model.motions import GestureClaim, MotionManager, Playing

__all__ = [
    "Ended",
    "ExpressionManager",
    "FaceClaim",
    "GestureClaim",
    "Live2dModel",
    "MotionFile",
    "MotionManager",
    "Outcome",
    "Playing",
]
