package views

import "github.com/a-h/templ"

func Page(Layout, Content) Content              { return templ.NopComponent }
func Solo(Layout, Content) Content              { return templ.NopComponent }
func Home(HomeData) Content                     { return templ.NopComponent }
func Remediations(RemediationsData) Content     { return templ.NopComponent }
func Remediation(RemediationData) Content       { return templ.NopComponent }
func RemediationLive(RemediationData) Content   { return templ.NopComponent }
func NewRemediation(NewRemediationData) Content { return templ.NopComponent }
func Record(RecordData) Content                 { return templ.NopComponent }
func Actions(ActionsData) Content               { return templ.NopComponent }
func Action(ActionData) Content                 { return templ.NopComponent }
func Halts(HaltsData) Content                   { return templ.NopComponent }
func SignIn(SignInData) Content                 { return templ.NopComponent }
func ErrorPage(ErrorData) Content               { return templ.NopComponent }
func Notice(ErrorData) Content                  { return templ.NopComponent }
func SessionEnded(SessionEndedData) Content     { return templ.NopComponent }
