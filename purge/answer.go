package purge

import (
	"errors"

	"clawback"
)

// answerOf makes one answer of a call that failed as a whole.
func answerOf(err error) clawback.Answer {
	var call *clawback.CallError
	if errors.As(err, &call) {
		return call.Answer
	}
	return clawback.Answer{Kind: clawback.AnswerUnknown, Message: "No usable answer came back."}
}
