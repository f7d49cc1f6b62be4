package web_test

import (
	"net/http"
	"testing"

	"clawback"
)

func TestAPIRestore(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	c := p.client(t, p.token(t, clawback.AllRights()))
	device := p.device(t)
	c.want(http.StatusOK, http.MethodPut, "/organizations/"+p.org.ID+"/auto-remediation", object{"mode": "enforce", "devices": []string{device.ID}})
	id := c.want(http.StatusCreated, http.MethodPost, "/organizations/"+p.org.ID+"/remediations", object{"internet_message_id": "<a@b.example>"})["id"].(string)
	if err := p.store.SaveTrace(t.Context(), id, p.finding(device)); err != nil {
		t.Fatal(err)
	}
	record := items(t, c.want(http.StatusOK, http.MethodGet, "/remediations/"+id+"/records", nil))[0]["id"].(string)

	for _, path := range []string{"/remediations/" + id, "/records/" + record} {
		c.want(http.StatusConflict, http.MethodPost, path+"/restore", object{"reason": "false alarm"})
		reader := p.client(t, p.token(t, []clawback.Right{clawback.RightReadRemediations}))
		reader.want(http.StatusForbidden, http.MethodPost, path+"/restore", nil)
		stranger := p.client(t, p.token(t, clawback.AllRights(), p.other.ID))
		stranger.want(http.StatusNotFound, http.MethodPost, path+"/restore", nil)
	}
	c.want(http.StatusNotFound, http.MethodPost, "/remediations/nothing/restore", nil)
	c.want(http.StatusNotFound, http.MethodPost, "/records/nothing/restore", nil)
}
