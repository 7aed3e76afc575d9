import Secrets

/// The arguments that all HTTP methods have, and what they make of a request.
enum HTTPArguments {
    static let url = CheckParameter(
        "url", .text, form: WebAddress.form, required: true,
        "What to ask for. Its port, Host header and TLS server name are used whatever addr says.")

    static let status = CheckParameter(
        "status", .text, form: StatusSet.form, "The statuses that are ok; 200 if not given.")

    static let conditions = [
        CheckParameter("max-time", .text, form: Period.form, "The whole probe must not take longer."),
        CheckParameter(
            "conditions", .text, form: Condition.form, "What else must hold of status, body, json, headers, time, cert."
        ),
    ]

    static let request = [
        CheckParameter(
            "method", .text, form: "one of " + HTTPMethod.names.joined(separator: ", "),
            "The request method; GET if not given, POST with a body."),
        CheckParameter("headers", .text, form: HeaderField.form, "Headers to send."),
        CheckParameter("body", .text, form: "a text of up to 16,384 bytes", "What to send with the request."),
        CheckParameter("user", .text, form: "a name without a colon", "The name for basic authorization."),
        CheckParameter("password", .text, form: SecretArgument.form, "The password for basic authorization."),
        CheckParameter("bearer", .text, form: SecretArgument.form, "The token for bearer authorization."),
    ]

    static let options =
        [
            CheckParameter(
                "http", .text, form: HTTPVersion.form, option: true, "The version of HTTP; 1.1 if not given."),
            CheckParameter(
                "addr", .text, form: "an IPv4 address, an IPv6 address or a host name", option: true,
                "Connect there instead of the URL's host, whatever the DNS says."),
            AddressChoice.parameter,
            CheckParameter("redirects", .flag, option: true, "Follow redirects, at most 5."),
        ] + TLSArguments.parameters

    /// Bytes of a request's body that are sent, at most one HTTP/2 frame.
    static let longestBody = 16384

    /// The method of the request; a body makes it POST unless something else was written.
    static func readMethod(_ reader: inout ArgumentReader) -> HTTPMethod {
        guard let name = reader.text("method") else { return reader.has("body") ? .post : .get }
        if let method = HTTPMethod(name) {
            if method == .head, reader.has("body") { reader.refuse("body", "goes with no HEAD request") }
            return method
        }
        reader.refuse(
            "method", "is not a method that a check can send", expected: suggestion(for: name, among: HTTPMethod.names))
        return .get
    }

    static func readBody(_ reader: inout ArgumentReader) -> String? {
        guard let body = reader.text("body") else { return nil }
        if body.utf8.count > longestBody { reader.refuse("body", "is \(inWords(bytes: body.utf8.count)) long") }
        return body
    }

    /// The headers, authorization among them, and every text that must not be told.
    static func readFields(_ reader: inout ArgumentReader) -> (fields: [HeaderField], secrets: [String]) {
        var (fields, secrets): ([HeaderField], [String]) = ([], [])
        if let text = reader.text("headers") {
            do {
                (fields, secrets) = try HeaderField.parse(text)
            } catch {
                reader.refuseHidden("headers", error.problem)
            }
        }
        guard reader.takes("user") else { return (fields, secrets) }
        let user = reader.text("user")
        if user?.contains(":") == true { reader.refuse("user", "has a colon in it") }
        let password = reader.secret("password")
        let bearer = reader.secret("bearer")
        if reader.has("user") != reader.has("password") {
            let (given, missing) = reader.has("user") ? ("user", "password") : ("password", "user")
            reader.refuseHidden(given, "needs \(missing) beside it", expected: "both, or neither")
        }
        if bearer != nil, reader.has("user") {
            reader.refuseHidden("bearer", "contradicts user and password", expected: "one of them")
        }
        guard bearer != nil || password != nil else { return (fields, secrets) }
        if fields.contains(where: { $0.isNamed("Authorization") }) {
            reader.refuseHidden(
                "headers", "has Authorization, which comes from another argument", expected: "one of them")
        }
        if let bearer {
            fields.append(HeaderField(name: "Authorization", value: "Bearer \(bearer.reveal())"))
            secrets.append(bearer.reveal())
        } else if let user, let password {
            let pair = base64("\(user):\(password.reveal())".utf8)
            fields.append(HeaderField(name: "Authorization", value: "Basic \(pair)"))
            secrets += [password.reveal(), pair]
        }
        return (fields, secrets)
    }

    /// The conditions; a time limit is one of them.
    static func readConditions(_ reader: inout ArgumentReader) -> (conditions: Condition?, longest: Duration?) {
        (
            reader.read("conditions") { text throws(ConditionFault) in try Condition(text) },
            reader.read("max-time", Period.parse)
        )
    }
}

/// The version of HTTP that is spoken. Nothing falls back: what was asked for is what is checked.
enum HTTPVersion: String, CaseIterable, Sendable {
    case one = "1.1"
    case two = "2"

    static let form = "1.1 or 2"

    /// What is offered in the TLS handshake (RFC 7301).
    var applicationProtocol: String { self == .two ? "h2" : "http/1.1" }
}
