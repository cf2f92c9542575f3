"""The response that a dialogue amounts to, as it is published."""

from uuid import UUID

from common.dialogue.record import score_of, waiting
from common.dialogue.state import Dialogue
from common.events.questionnaire import QuestionKind, Questionnaire
from common.events.responses import Response, ResponseState
from common.events.values import Channel
from common.ids import response_id


def response_of(
    questionnaire: Questionnaire,
    state: Dialogue,
    *,
    invitation_id: UUID,
    interaction_id: UUID,
    contact_id: UUID,
    channel: Channel,
    test: bool = False,
) -> Response:
    """The whole response as it is now. Finished: but for comments nothing is missing.

    Raises `ValueError` before the first answer.
    """
    if state.started_at is None or state.changed_at is None:
        raise ValueError("nobody has answered yet")
    comments = [answer.text for answer in state.answers if answer.text]
    return Response(
        id=response_id(invitation_id, channel),
        invitation_id=invitation_id,
        interaction_id=interaction_id,
        contact_id=contact_id,
        channel=channel,
        survey_id=questionnaire.survey_id,
        survey_version=questionnaire.survey_version,
        metric=questionnaire.metric,
        revision=state.revision,
        state=_state(questionnaire, state),
        answers=state.answers,
        started_at=state.started_at,
        changed_at=state.changed_at,
        scored_at=state.scored_at,
        score=score_of(questionnaire, state),
        comment="\n".join(comments) or None,
        language=questionnaire.language,
        test=test,
    )


def _state(questionnaire: Questionnaire, state: Dialogue) -> ResponseState:
    missing = (questionnaire.questions[index].kind for index in waiting(questionnaire, state))
    is_partial = any(kind is not QuestionKind.COMMENT for kind in missing)
    return ResponseState.IN_PROGRESS if is_partial else ResponseState.FINISHED
