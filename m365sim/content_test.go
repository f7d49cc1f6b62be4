package m365sim_test

import (
	"encoding/base64"
	"strings"
	"testing"
)

const mixed = "From: Payroll <payroll@evil.example>\r\nSubject: =?utf-8?q?Geh=C3=A4lter?=\r\nMessage-ID: <mixed@evil.example>\r\n" +
	"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=outer\r\n\r\n" +
	"--outer\r\nContent-Type: multipart/alternative; boundary=inner\r\n\r\n" +
	"--inner\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGeh=E4lter\r\n" +
	"--inner\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nPGI+UGF5PC9iPg==\r\n--inner--\r\n" +
	"--outer\r\nContent-Type: image/png; name=logo.png\r\nContent-Disposition: inline\r\nContent-ID: <logo>\r\n\r\nPNG\r\n" +
	"--outer\r\nContent-Type: application/zip\r\nContent-Disposition: attachment; filename=pay.zip\r\n" +
	"Content-Transfer-Encoding: base64\r\n\r\nUEsDBA==\r\n" +
	"--outer\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment; filename=other.eml\r\n\r\nSubject: x\r\n\r\ny\r\n--outer--\r\n"

func TestMail_AttachmentsAndBody(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.control("POST", "/messages?to=priya.nair@brightwater.example", mixed).want(t, 200)
	user := "/users/" + b.first.People[0].ID
	found := b.graph("GET", user+"/messages"+query("$filter", "hasAttachments eq true", "$expand", "attachments"), nil).want(t, 200).list("value")
	if len(found) != 1 {
		t.Fatalf("found %v", found)
	}
	body, _ := found[0]["body"].(map[string]any)
	if text(body, "content") != "<b>Pay</b>" || text(body, "contentType") != "html" || text(found[0], "subject") != "Gehälter" {
		t.Errorf("message is %v", found[0])
	}
	if expanded, _ := found[0]["attachments"].([]any); len(expanded) != 3 {
		t.Errorf("expanded %v", expanded)
	}
	path := user + "/messages/" + text(found[0], "id") + "/attachments"
	list := b.graph("GET", path+query("$top", "10"), nil).want(t, 200).list("value")
	if len(list) != 3 {
		t.Fatalf("attachments are %v", list)
	}
	bytes := func(i int) string {
		raw, err := base64.StdEncoding.DecodeString(text(list[i], "contentBytes"))
		if err != nil {
			t.Error(err)
		}
		return string(raw)
	}
	if list[0]["isInline"] != true || text(list[0], "contentId") != "logo" || bytes(0) != "PNG" {
		t.Errorf("inline: %v", list[0])
	}
	if list[1]["isInline"] != false || text(list[1], "name") != "pay.zip" || bytes(1) != "PK\x03\x04" || list[1]["size"] != 4.0 {
		t.Errorf("attached: %v", list[1])
	}
	if text(list[2], "@odata.type") != "#microsoft.graph.itemAttachment" || list[2]["contentBytes"] != nil {
		t.Errorf("attached message: %v", list[2])
	}
	one := b.graph("GET", path+"/"+text(list[1], "id"), nil).want(t, 200)
	if text(one.body, "name") != "pay.zip" {
		t.Errorf("one is %s", one.raw)
	}
	b.graph("GET", path+"/AAMkADnosuchattachmentatall", nil).want(t, 404)
	b.patchApp(`{"permissions":["Mail.ReadBasic.All"]}`)
	b.graph("GET", path, nil).want(t, 403)
	basic := b.graph("GET", user+"/messages/"+text(found[0], "id")+query("$expand", "attachments"), nil).want(t, 200)
	if basic.body["attachments"] != nil {
		t.Errorf("Mail.ReadBasic.All sees %s", basic.raw)
	}
}

func invitation(method, more string) string {
	return "From: organizer@evil.example\r\nSubject: Salary review\r\nMessage-ID: <" + strings.ToLower(method+more) + "@evil.example>\r\n" +
		"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nCome.\r\n" +
		"--b\r\nContent-Type: text/calendar; charset=utf-8; method=" + method + "\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:" + method + "\r\n" +
		"BEGIN:VEVENT\r\nDTSTART:20261124T090000Z\r\nDTEND:20261124T093000Z\r\nLOCATION:Room\r\n  1\r\n" +
		"ATTENDEE;PARTSTAT=" + more + ":mailto:a@b.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n--b--\r\n"
}

// Meeting messages are eventMessages, moved and purged like others; the properties of the derived type can't be
// selected on a list of messages.
func TestMail_MeetingMessages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := "/users/" + b.first.People[0].ID
	for _, tc := range []struct{ method, status, odataType, message string }{
		{"REQUEST", "NEEDS-ACTION", "#microsoft.graph.eventMessageRequest", "meetingRequest"},
		{"CANCEL", "", "#microsoft.graph.eventMessage", "meetingCancelled"},
		{"REPLY", "ACCEPTED", "#microsoft.graph.eventMessageResponse", "meetingAccepted"},
		{"REPLY", "DECLINED", "#microsoft.graph.eventMessageResponse", "meetingDeclined"},
		{"REPLY", "TENTATIVE", "#microsoft.graph.eventMessageResponse", "meetingTenativelyAccepted"},
	} {
		sent := b.control("POST", "/messages?to=priya.nair@brightwater.example", invitation(tc.method, tc.status)).want(t, 200)
		id := text(sent.body, "internet_message_id")
		found := b.graph("GET", user+"/messages"+byMessageID(id), nil, "Prefer", immutable).want(t, 200).list("value")
		if len(found) != 1 || text(found[0], "@odata.type") != tc.odataType || found[0]["meetingMessageType"] != nil {
			t.Fatalf("%s: %v", tc.method, found)
		}
		whole := b.graph("GET", user+"/messages/"+text(found[0], "id"), nil).want(t, 200)
		starts, _ := whole.body["startDateTime"].(map[string]any)
		location, _ := whole.body["location"].(map[string]any)
		body, _ := whole.body["body"].(map[string]any)
		if text(whole.body, "meetingMessageType") != tc.message || text(starts, "dateTime") != "2026-11-24T09:00:00.0000000" ||
			text(location, "displayName") != "Room 1" || strings.TrimSpace(text(body, "content")) != "Come." {
			t.Errorf("%s: %s", tc.method, whole.raw)
		}
		if (whole.body["responseRequested"] == true) != (tc.method == "REQUEST") || whole.body["hasAttachments"] != false {
			t.Errorf("%s: %s", tc.method, whole.raw)
		}
		b.graph("POST", user+"/messages/"+text(found[0], "id")+"/move", toHidden, "Prefer", immutable).want(t, 201)
	}
	hidden := b.graph("GET", user+dumpster+"/messages"+query("$top", "10"), nil).want(t, 200).list("value")
	if len(hidden) != 5 {
		t.Errorf("moved %d", len(hidden))
	}
}

func TestMail_SentItems(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.deliver("to=daniel.osei@brightwater.example")
	put := b.control("POST", "/mailboxes/priya.nair@brightwater.example/messages", phish).want(t, 200)
	if text(put.body, "folder") != "sentitems" || put.body["read"] != true {
		t.Errorf("put %s", put.raw)
	}
	user := "/users/" + b.first.People[0].ID
	if found := b.graph("GET", user+"/messages"+byMessageID(phishID), nil).want(t, 200).list("value"); len(found) != 1 || found[0]["isRead"] != true {
		t.Errorf("found %v", found)
	}
	b.patchApp(everyPermission)
	rows := b.graph("GET", "/admin/exchange/tracing/messageTraces", nil).want(t, 200).list("value")
	if len(rows) != 1 || text(rows[0], "recipientAddress") != "daniel.osei@brightwater.example" {
		t.Errorf("trace shows %v", rows)
	}
	b.control("POST", "/mailboxes/old.plant@brightwater.example/messages", phish).want(t, 404)
	b.control("POST", "/mailboxes/priya.nair@brightwater.example/messages", "no header").want(t, 400)
}

// What a broken sender writes is kept as text.
func TestMail_BrokenMIME(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, raw := range map[string]string{
		"no boundary":     "Content-Type: multipart/mixed\r\n\r\nplain\r\n",
		"no part":         "Content-Type: multipart/mixed; boundary=b\r\n\r\nplain\r\n",
		"no type":         "Content-Type: ;;;\r\n\r\nplain\r\n",
		"bad base64":      "Content-Transfer-Encoding: base64\r\n\r\n!plain\r\n",
		"unknown charset": "Content-Type: text/plain; charset=x\r\n\r\nplain\r\n",
	} {
		sent := b.control("POST", "/messages?to=priya.nair@brightwater.example", "From: a@b.example\r\n"+raw).want(t, 200)
		found := b.graph("GET", "/users/priya.nair@brightwater.example/messages"+
			query("$filter", "internetMessageId eq '"+text(sent.body, "internet_message_id")+"'"), nil).want(t, 200).list("value")
		if body, _ := found[0]["body"].(map[string]any); !strings.Contains(text(body, "content"), "plain") {
			t.Errorf("%s: %v", name, found[0])
		}
	}
}
