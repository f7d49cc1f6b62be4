package views

import "net/http"

// ErrorData is what an error page says.
type ErrorData struct {
	Status    int
	Heading   string
	Message   string
	Advice    string
	RequestID string
}

var errorTexts = map[int]struct{ heading, message, advice string }{
	http.StatusBadRequest:            {"This request can’t be understood", "Something in it was broken on the way.", "Go back, load the page again and repeat."},
	http.StatusUnauthorized:          {"You are not signed in", "Your session has ended, or you have not signed in yet.", "Sign in, and come back here."},
	http.StatusForbidden:             {"You may not do this", "Your role does not allow it.", "Ask a colleague who may, or your contact at the security operations center."},
	http.StatusNotFound:              {"This page does not exist", "It does not exist, or you may not see it.", "Check the address, or search for what you look for."},
	http.StatusMethodNotAllowed:      {"This can’t be done here", "The address exists, but not for this kind of request.", "Go back and use the buttons of the page."},
	http.StatusConflict:              {"That came too late", "What you wanted to change has changed meanwhile.", "Load the page again to see how it is now."},
	http.StatusRequestEntityTooLarge: {"That is too large", "An email may have up to 25 MB.", "Save the email without its attachments, or type its Message-ID."},
	http.StatusUnprocessableEntity:   {"Something is missing", "What you sent can’t be used like this.", "Go back, correct it and send it again."},
	http.StatusTooManyRequests:       {"Too many requests", "This came too often in too short a time.", "Wait a minute, then try again."},
	http.StatusServiceUnavailable:    {"Not available at the moment", "Something we need does not answer.", "Try again in a minute. What was started goes on by itself."},
	http.StatusInternalServerError:   {"Something went wrong on our side", "It was not your fault, and nothing is half done.", "Try again. If it stays, tell your contact the request id below."},
}

// NewErrorData answers the words of an error; an empty message takes the usual one of its status.
func NewErrorData(status int, message, requestID string) ErrorData {
	known, ok := errorTexts[status]
	if !ok && status >= http.StatusInternalServerError {
		known = errorTexts[http.StatusInternalServerError]
	} else if !ok {
		known = errorTexts[http.StatusBadRequest]
	}
	if message == "" || status == http.StatusInternalServerError {
		message = known.message
	}
	return ErrorData{Status: status, Heading: known.heading, Message: message, Advice: known.advice, RequestID: requestID}
}

// SessionEndedData is a form that was sent without a session, with everything that was typed.
type SessionEndedData struct {
	Action     string
	Multipart  bool
	Fields     []HiddenField
	FileName   string
	FileLost   bool // too large to come along
	SecretLost bool // a client secret was typed, which is never sent back
}

func enctype(multipart bool) string {
	if multipart {
		return "multipart/form-data"
	}
	return "application/x-www-form-urlencoded"
}
