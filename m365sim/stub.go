package m365sim

import "net/http"

func (s *Sim) graphAnswer(*request) answer    { return emptyAnswer(http.StatusNotImplemented) }
func (s *Sim) exchangeAnswer(*request) answer { return emptyAnswer(http.StatusNotImplemented) }
func (s *Sim) controlHandler() http.Handler   { return http.NotFoundHandler() }
