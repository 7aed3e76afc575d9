import Emulators
import Providers
import Testing

/// What each provider's errors mean, by what its documentation says of them.
@Suite struct ErrorEnvelopeTests {
    /// An answer of a provider, and what the driver makes of it.
    struct Answer: Sendable, CustomTestStringConvertible {
        var driver: String
        var status: Int
        var body: String
        /// To a change, or to a reading.
        var isChange = true
        var retryAfter: String?
        var meaning: String

        var testDescription: String { "\(driver) \(status) \(body)" }
    }

    @Test(arguments: desec + digitalOcean + hetzner + gandi + google + azure)
    func `an error means what the provider's documentation says`(_ answer: Answer) async throws {
        try await DriverCase.named(answer.driver).run { world in
            _ = try await world.held()
            let headers = answer.retryAfter.map { ["Retry-After": $0] } ?? [:]
            await world.emulator.faults.answer(
                answer.status, answer.body, headers: headers, onlyChanges: answer.isChange)
            let said = await outcome {
                if answer.isChange {
                    try await world.provider.make([address("192.0.2.1")])
                } else {
                    _ = try await world.held()
                }
            }
            #expect(said == answer.meaning)
        }
    }

    @Test(arguments: DriverCase.all)
    func `an answer without a known envelope never speaks of credentials or of what was done`(
        _ driver: DriverCase
    ) async throws {
        for (status, body) in [
            (200, "null"), (200, "[]"), (200, #"{"surprise": 1}"#), (403, "<html>Blocked by a firewall</html>"),
            (407, "{}"), (418, #"{"teapot": true}"#),
        ] {
            try await driver.run { world in
                _ = try await world.held()
                await world.emulator.faults.answer(status, body, onlyChanges: true)
                let said = await outcome { try await world.provider.make([address("192.0.2.1")]) }
                let isCautious = said.hasPrefix("it is not known") || said.hasPrefix("the answer was not understood")
                // A list without items is what deSEC answers to a change: it is taken at its word, and read back.
                let isTaken = driver.driver == "desec" && body == "[]" && said == "accepted"
                #expect(isCautious || isTaken, "\(status) \(body): \(said)")
            }
        }
    }

    private static let desec = [
        Answer(
            driver: "desec", status: 403, body: #"{"detail":"Insufficient permissions to write subdomain www."}"#,
            meaning: "refused (credentials): Insufficient permissions to write subdomain www."),
        Answer(
            driver: "desec", status: 403, body: #"{"detail":"RRset quota exceeded."}"#,
            meaning: "refused (blocked): RRset quota exceeded."),
        Answer(
            driver: "desec", status: 400, body: #"[{},{"records":["Cannot parse record contents."]}]"#,
            meaning: "refused (invalid): records: Cannot parse record contents."),
        Answer(
            driver: "desec", status: 400,
            body: #"[{"non_field_errors":["RRset with conflicting type present: database (CNAME)."]}]"#,
            meaning: "refused (another record is in the way): RRset with conflicting type present: database (CNAME)."),
        Answer(
            driver: "desec", status: 429, body: #"{"detail":"Request was throttled."}"#, retryAfter: "51",
            meaning: "rate limited: Request was throttled."),
        Answer(
            driver: "desec", status: 503, body: #"{"detail":"Please try again later."}"#, isChange: false,
            meaning: "the provider has an error: Please try again later."),
        Answer(
            driver: "desec", status: 500, body: #"{"detail":"Server error."}"#,
            meaning: "it is not known whether it took effect: Server error."),
    ]

    private static let digitalOcean = [
        Answer(
            driver: "digitalocean", status: 422,
            body: #"{"id":"unprocessable_entity","message":"Data needs to end with a dot (.)."}"#,
            meaning: "refused (invalid): Data needs to end with a dot (.). (unprocessable_entity)"),
        Answer(
            driver: "digitalocean", status: 403, body: #"{"id":"forbidden","message":"Missing scope domain:create"}"#,
            meaning: "refused (credentials): Missing scope domain:create (forbidden)"),
        Answer(
            driver: "digitalocean", status: 404, body: #"{"id":"not_found","message":"Gone."}"#,
            meaning: "changed by somebody else meanwhile: Gone. (not_found)"),  // as the domain was known
        Answer(
            driver: "digitalocean", status: 500, body: #"{"id":"server_error","message":"Unexpected."}"#,
            isChange: false, meaning: "the provider has an error: Unexpected. (server_error)"),
        Answer(
            driver: "digitalocean", status: 503, body: #"{"id":"service_unavailable","message":"Later."}"#,
            meaning: "the provider has an error: Later. (service_unavailable)"),
    ]

    private static let hetzner = [
        Answer(
            driver: "hetzner", status: 423, body: #"{"error":{"code":"locked","message":"zone is locked"}}"#,
            meaning: "the provider has an error: zone is locked (locked)"),
        Answer(
            driver: "hetzner", status: 423, body: #"{"error":{"code":"protected","message":"RRSet is protected"}}"#,
            meaning: "refused (blocked): RRSet is protected (protected)"),
        Answer(
            driver: "hetzner", status: 409, body: #"{"error":{"code":"conflict","message":"please retry"}}"#,
            meaning: "changed by somebody else meanwhile: please retry (conflict)"),
        Answer(
            driver: "hetzner", status: 422,
            body: #"{"error":{"code":"incorrect_zone_mode","message":"the zone is a secondary one"}}"#,
            meaning: "refused (not supported): the zone is a secondary one (incorrect_zone_mode)"),
        Answer(
            driver: "hetzner", status: 422,
            body: #"{"error":{"code":"invalid_input","message":"invalid","details":{"fields":[{"name":"ttl"}]}}}"#,
            meaning: "refused (invalid): invalid (invalid_input)"),
        Answer(
            driver: "hetzner", status: 503, body: #"{"error":{"code":"maintenance","message":"back soon"}}"#,
            meaning: "the provider has an error: back soon (maintenance)"),
        Answer(
            driver: "hetzner", status: 504, body: #"{"error":{"code":"timeout","message":"took too long"}}"#,
            meaning: "it is not known whether it took effect: took too long (timeout)"),
    ]

    private static let gandi = [
        Answer(
            driver: "gandi", status: 400,
            body: #"""
                {"status":"error","errors":[{"location":"body","name":"rrset_ttl","description":"9 is too low"}],
                 "code":400,"message":"Validation error","object":"HTTPBadRequest","cause":"Bad Request"}
                """#,
            meaning: "refused (invalid): Validation error; rrset_ttl: 9 is too low"),
        Answer(
            driver: "gandi", status: 403,
            body: #"{"code":403,"message":"Access was denied.","object":"HTTPForbidden","cause":"Forbidden"}"#,
            meaning: "refused (credentials): Access was denied."),
        Answer(
            driver: "gandi", status: 404, body: #"{"code":404,"message":"Not here","object":"dns-zone","cause":"x"}"#,
            isChange: false, meaning: "changed by somebody else meanwhile: Not here"),  // as the domain was known
        Answer(
            driver: "gandi", status: 500, body: #"{"code":500,"message":"Oops","object":"x","cause":"y"}"#,
            meaning: "it is not known whether it took effect: Oops"),
    ]

    private static let google = [
        Answer(
            driver: "google-cloud-dns", status: 403,
            body: #"{"error":{"code":403,"message":"Quota","errors":[{"reason":"quotaExceeded"}]}}"#,
            meaning: "refused (blocked): Quota (quotaExceeded)"),
        Answer(
            driver: "google-cloud-dns", status: 403,
            body: #"{"error":{"code":403,"message":"Slow down","errors":[{"reason":"userRateLimitExceeded"}]}}"#,
            meaning: "rate limited: Slow down (userRateLimitExceeded)"),
        Answer(
            driver: "google-cloud-dns", status: 403,
            body: #"{"error":{"code":403,"message":"API is off","errors":[{"reason":"accessNotConfigured"}]}}"#,
            isChange: false, meaning: "refused (credentials): API is off (accessNotConfigured)"),
        Answer(
            driver: "google-cloud-dns", status: 409,
            body: #"{"error":{"code":409,"message":"It exists","errors":[{"reason":"alreadyExists"}]}}"#,
            meaning: "changed by somebody else meanwhile: It exists (alreadyExists)"),
        Answer(
            driver: "google-cloud-dns", status: 412,
            body: #"{"error":{"code":412,"message":"Not so","errors":[{"reason":"conditionNotMet"}]}}"#,
            meaning: "changed by somebody else meanwhile: Not so (conditionNotMet)"),
        Answer(
            driver: "google-cloud-dns", status: 500,
            body: #"{"error":{"code":500,"message":"Backend Error","errors":[{"reason":"backendError"}]}}"#,
            meaning: "it is not known whether it took effect: Backend Error (backendError)"),
    ]

    private static let azure = [
        Answer(
            driver: "azure-dns", status: 403,
            body: #"{"error":{"code":"AuthorizationFailed","message":"The client has no authorization."}}"#,
            meaning: "refused (credentials): The client has no authorization. (AuthorizationFailed)"),
        Answer(
            driver: "azure-dns", status: 409,
            body: #"{"code":"Conflict","message":"A CNAME record with the same name exists in this zone."}"#,
            meaning: "refused (another record is in the way): "
                + "A CNAME record with the same name exists in this zone. (Conflict)"),
        Answer(
            driver: "azure-dns", status: 412,
            body: #"{"code":"PreconditionFailed","message":"The condition was not satisfied."}"#,
            meaning: "changed by somebody else meanwhile: The condition was not satisfied. (PreconditionFailed)"),
        Answer(
            driver: "azure-dns", status: 400, body: #"{"code":"BadRequest","message":"The TTL is invalid."}"#,
            meaning: "refused (invalid): The TTL is invalid. (BadRequest)"),
        Answer(
            driver: "azure-dns", status: 429, body: #"{"error":{"code":"TooManyRequests","message":"Throttled."}}"#,
            retryAfter: "20", meaning: "rate limited: Throttled. (TooManyRequests)"),
        Answer(
            driver: "azure-dns", status: 500, body: #"{"error":{"code":"InternalServerError","message":"Oh."}}"#,
            meaning: "it is not known whether it took effect: Oh. (InternalServerError)"),
    ]
}
