package clients_test

import (
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/google/uuid"
	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	azure "github.com/microsoft/kiota-authentication-azure-go"
	khttp "github.com/microsoft/kiota-http-go"
	kjson "github.com/microsoft/kiota-serialization-json-go"
	core "github.com/microsoftgraph/msgraph-sdk-go-core"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/models/odataerrors"
	"github.com/microsoftgraph/msgraph-sdk-go/users"
)

const bad = "<bad-1@evil.example>"

const phish = "From: Payroll <payroll@evil.example>\r\nTo: you@brightwater.example\r\nSubject: Your salary\r\n" +
	"Message-ID: " + bad + "\r\n\r\nClick here.\r\n"

func TestMain(m *testing.M) {
	// As the SDK's own root package does, which would compile for minutes more.
	abstractions.RegisterDefaultSerializer(func() serialization.SerializationWriterFactory {
		return kjson.NewJsonSerializationWriterFactory()
	})
	abstractions.RegisterDefaultDeserializer(func() serialization.ParseNodeFactory {
		return kjson.NewJsonParseNodeFactory()
	})
	m.Run()
}

// sdk is Microsoft's Graph client with azidentity's tokens and its default middleware: retries, redirects, compressed
// bodies.
func (b *bench) sdk() (*users.UsersRequestBuilder, *core.GraphRequestAdapterBase) {
	b.t.Helper()
	provider, err := azure.NewAzureIdentityAuthenticationProviderWithScopesAndValidHosts(
		b.secretCredential(b.first.App.Secret), graphScope.Scopes, []string{"127.0.0.1"})
	if err != nil {
		b.t.Fatal(err)
	}
	client := &http.Client{Transport: khttp.NewCustomTransportWithParentTransport(b.http.Transport,
		core.GetDefaultMiddlewaresWithOptions(&core.GraphClientOptions{GraphServiceVersion: "v1.0"})...)}
	adapter, err := core.NewGraphRequestAdapterBaseWithParseNodeFactoryAndSerializationWriterFactoryAndHttpClient(
		provider, core.GraphClientOptions{}, nil, nil, client)
	if err != nil {
		b.t.Fatal(err)
	}
	adapter.SetBaseUrl(b.at.Graph + "/v1.0")

	return users.NewUsersRequestBuilderInternal(map[string]string{"baseurl": b.at.Graph + "/v1.0"}, adapter), adapter
}

func TestSDK_PagesOfUsers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	builder, adapter := b.sdk()
	page, err := builder.Get(t.Context(), &users.UsersRequestBuilderGetRequestConfiguration{
		QueryParameters: &users.UsersRequestBuilderGetQueryParameters{Select: []string{"id", "userPrincipalName"}}})
	if err != nil {
		t.Fatal(err)
	}
	if page.GetOdataNextLink() == nil || len(page.GetValue()) != 2 {
		t.Fatalf("the first page has %d users and no next one", len(page.GetValue()))
	}
	iterator, err := core.NewPageIterator[models.Userable](page, adapter,
		models.CreateUserCollectionResponseFromDiscriminatorValue)
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	if err := iterator.Iterate(t.Context(), func(user models.Userable) bool {
		seen = append(seen, *user.GetId())
		return true
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(seen)
	if unique := len(slices.Compact(seen)); unique < 12 || unique != len(seen) || !slices.Contains(seen, b.first.People[0].ID) {
		t.Errorf("the iterator saw %d users, %d of them once", len(seen), unique)
	}
}

// found are the copies of the phish in the first person's mailbox.
func (b *bench) found(builder *users.UsersRequestBuilder) []models.Messageable {
	b.t.Helper()
	filter, headers := "internetMessageId eq '"+bad+"'", abstractions.NewRequestHeaders()
	headers.Add("Prefer", `IdType="ImmutableId"`)
	found, err := builder.ByUserId(b.first.People[0].ID).Messages().Get(b.t.Context(),
		&users.ItemMessagesRequestBuilderGetRequestConfiguration{Headers: headers,
			QueryParameters: &users.ItemMessagesRequestBuilderGetQueryParameters{Filter: &filter,
				Select: []string{"id", "subject", "internetMessageId"}}})
	if err != nil {
		b.t.Fatal(err)
	}

	return found.GetValue()
}

func TestSDK_FindsAndMovesAMessage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.control("POST", "/messages?to="+b.first.People[0].UserPrincipalName, phish)
	builder, _ := b.sdk()
	copies := b.found(builder)
	if len(copies) != 1 || *copies[0].GetSubject() != "Your salary" || *copies[0].GetInternetMessageId() != bad {
		t.Fatalf("found %d copies", len(copies))
	}
	to := "recoverableitemsdeletions"
	body := users.NewItemMessagesItemMovePostRequestBody()
	body.SetDestinationId(&to)
	message := builder.ByUserId(b.first.People[0].ID).Messages().ByMessageId(*copies[0].GetId())
	headers := abstractions.NewRequestHeaders()
	headers.Add("Prefer", `IdType="ImmutableId"`)
	moved, err := message.Move().Post(t.Context(), body,
		&users.ItemMessagesItemMoveRequestBuilderPostRequestConfiguration{Headers: headers})
	if err != nil || *moved.GetId() != *copies[0].GetId() {
		t.Fatalf("moving answered %v", err)
	}
	if left := b.found(builder); len(left) != 0 {
		t.Errorf("%d copies are left", len(left))
	}
	_, err = builder.ByUserId("nobody@brightwater.example").Messages().Get(t.Context(), nil)
	var refused *odataerrors.ODataError
	if !errors.As(err, &refused) || refused.GetErrorEscaped() == nil || *refused.GetErrorEscaped().GetCode() != "ErrorInvalidUser" ||
		refused.ResponseStatusCode != http.StatusNotFound {
		t.Errorf("a mailbox of nobody answers %v", err)
	}
}

func TestSDK_Batch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	builder, adapter := b.sdk()
	batch := core.NewBatchRequest(adapter)
	var ids []string
	for _, user := range []string{b.first.People[0].ID, b.first.People[1].ID, uuid.NewString()} {
		request, err := builder.ByUserId(user).ToGetRequestInformation(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		step, err := batch.AddBatchRequestStep(*request)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, *step.GetId())
	}
	answers, err := batch.Send(t.Context(), adapter)
	if err != nil {
		t.Fatal(err)
	}
	for i, person := range b.first.People[:2] {
		user, err := core.GetBatchResponseById[models.Userable](answers, ids[i], models.CreateUserFromDiscriminatorValue)
		if err != nil || *user.GetUserPrincipalName() != person.UserPrincipalName {
			t.Errorf("%s: %v", person.Name, err)
		}
	}
	if answer := answers.GetResponseById(ids[2]); answer == nil || *answer.GetStatus() != http.StatusNotFound {
		t.Error("a user who is none was found")
	}
}
