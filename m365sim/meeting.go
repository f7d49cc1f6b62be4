package m365sim

import (
	"strings"
	"time"
)

// meeting is what a message of a calendar says; Graph shows such a message as an eventMessage:
// https://learn.microsoft.com/graph/api/resources/eventmessage
type meeting struct {
	method, status string // iCalendar's METHOD and PARTSTAT
	starts, ends   time.Time
	wholeDay       bool
	location       string
}

// readMeeting reads the first event of an iCalendar text; nil where there is no method, as in a plain attachment.
func readMeeting(text string) *meeting {
	m := &meeting{}
	unfolded := strings.NewReplacer("\r\n ", "", "\r\n\t", "", "\n ", "", "\n\t", "").Replace(text)
	for line := range strings.Lines(unfolded) {
		name, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
		name, params, _ := strings.Cut(strings.ToUpper(name), ";")
		switch name {
		case "METHOD":
			m.method = strings.ToUpper(value)
		case "DTSTART":
			m.starts, m.wholeDay = calendarTime(value)
		case "DTEND":
			m.ends, _ = calendarTime(value)
		case "LOCATION":
			m.location = value
		case "ATTENDEE":
			for _, param := range strings.Split(params, ";") {
				if status, ok := strings.CutPrefix(param, "PARTSTAT="); ok {
					m.status = status
				}
			}
		}
	}
	if m.method == "" {
		return nil
	}

	return m
}

// calendarTime reads a time, or a day. A zone that is named elsewhere in the text is taken for UTC.
func calendarTime(value string) (at time.Time, day bool) {
	for layout, isDay := range map[string]bool{"20060102T150405Z": false, "20060102T150405": false, "20060102": true} {
		if at, err := time.Parse(layout, value); err == nil {
			return at, isDay
		}
	}

	return time.Time{}, false
}

// kind answers the type of the message, what it says of the meeting and its message class.
func (m *meeting) kind() (odataType, message, class string) {
	switch m.method {
	case "REQUEST":
		return "#microsoft.graph.eventMessageRequest", "meetingRequest", "IPM.Schedule.Meeting.Request"
	case "CANCEL":
		return "#microsoft.graph.eventMessage", "meetingCancelled", "IPM.Schedule.Meeting.Canceled"
	}
	switch m.status {
	case "ACCEPTED":
		return "#microsoft.graph.eventMessageResponse", "meetingAccepted", "IPM.Schedule.Meeting.Resp.Pos"
	case "DECLINED":
		return "#microsoft.graph.eventMessageResponse", "meetingDeclined", "IPM.Schedule.Meeting.Resp.Neg"
	}

	return "#microsoft.graph.eventMessageResponse", "meetingTenativelyAccepted", "IPM.Schedule.Meeting.Resp.Tent"
}

// describe adds what an eventMessage has beside a message. Its properties can't be selected: they are the derived
// type's, and Graph refuses them on a list of messages.
func (m *meeting) describe(e entity, selected []string) {
	odataType, message, _ := m.kind()
	e["@odata.type"] = odataType
	if len(selected) > 0 {
		return
	}
	e["meetingMessageType"], e["type"], e["isOutOfDate"], e["isDelegated"] = message, "singleInstance", false, false
	e["isAllDay"], e["recurrence"] = m.wholeDay, nil
	e["startDateTime"], e["endDateTime"] = zoned(m.starts), zoned(m.ends)
	e["location"] = entity{"displayName": m.location, "locationType": "default", "uniqueIdType": "unknown"}
	if m.method == "REQUEST" {
		e["responseRequested"], e["allowNewTimeProposals"], e["meetingRequestType"] = true, true, "newMeetingRequest"
		e["previousStartDateTime"], e["previousEndDateTime"], e["previousLocation"] = nil, nil, nil
	}
}

func zoned(at time.Time) any {
	if at.IsZero() {
		return nil
	}

	return entity{"dateTime": at.Format("2006-01-02T15:04:05.0000000"), "timeZone": "UTC"}
}
