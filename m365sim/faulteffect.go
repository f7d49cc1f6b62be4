package m365sim

import (
	"cmp"
	"time"
)

// around runs a request under a fault: failure writes the service's own error shape.
func (f *fault) around(done <-chan struct{}, failure func(status int, code, message string) answer,
	run func() answer,
) answer {
	if f == nil {
		return run()
	}
	wait(time.Duration(f.DelayMS)*time.Millisecond, done)
	if f.Hang == dropBefore {
		<-done
	}
	if f.Hang == dropBefore || f.Drop == dropBefore {
		return answer{drop: dropBefore}
	}
	ans := f.answered(failure, run)
	if f.Hang == dropAfter {
		<-done
		ans.drop = dropAfter
	}
	if f.Drop != "" {
		ans.drop = f.Drop
	}

	return ans
}

// lost is where the connection ends without the whole of an answer, although the effect happens.
func (f *fault) lost() dropPoint {
	if f == nil || f.Drop == dropBefore || f.Hang == dropBefore {
		return ""
	}

	return cmp.Or(f.Drop, f.Hang)
}

// answered is the answer as the fault leaves it, before anything happens to the connection.
func (f *fault) answered(failure func(status int, code, message string) answer, run func() answer) answer {
	var ans answer
	if f.Status == 0 || f.Effect {
		ans = run()
	}
	if f.Status != 0 {
		ans = failure(f.Status, f.code(), f.text())
	}
	if text, _ := f.retryAfter(); text != "" {
		ans = ans.with("Retry-After", text)
	}
	for name, value := range f.Headers {
		ans = ans.with(name, value)
	}

	return f.garble(ans)
}

func (f *fault) code() string {
	if f.Code != "" {
		return f.Code
	}
	switch f.Status {
	case 429:
		return "TooManyRequests"
	case 503:
		return "ServiceUnavailable"
	case 504:
		return "GatewayTimeout"
	}

	return "UnknownError"
}

func (f *fault) text() string {
	if f.Message != "" {
		return f.Message
	}

	return "The service is not able to process the request now."
}
