import NIOCore

/// `http-grep`: the page has a text in it, or has not.
package struct HTTPGrep: Check {
    package static let method = "http-grep"
    package static let summary =
        "An HTTP or HTTPS page answers with the expected status, and has a text in it or has not."
    package static let parameters =
        [
            HTTPArguments.url,
            CheckParameter(
                "must-have", .text, "This text must be in the page. Case counts; compared byte by byte in UTF-8."),
            CheckParameter("must-not-have", .text, "This text must not be in the page."),
            HTTPArguments.status,
        ] + HTTPArguments.conditions + HTTPArguments.request + HTTPArguments.options

    var probe: HTTPProbe

    package init(_ arguments: CheckArguments) throws(CheckArgumentErrors) {
        var reader = ArgumentReader(arguments, of: Self.self)
        let wanted = reader.text("must-have")
        let unwanted = reader.text("must-not-have")
        if !reader.has("must-have"), !reader.has("must-not-have") {
            reader.refuse(
                "must-have", "is missing, and so is must-not-have",
                expected: "one of them, or check: \(HTTPStatus.method)")
        }
        if let wanted, let unwanted, wanted.utf8.contains(unwanted.utf8) {
            reader.refuse("must-not-have", "is part of must-have, so this can never be ok")
        }
        let expectation = HTTPExpectation(
            mustHave: wanted.map(TextSearch.init), mustNotHave: unwanted.map(TextSearch.init))
        probe = try HTTPProbe(&reader, expecting: expectation)
    }

    package var target: String { probe.target }
    package var plain: PlainServer? { probe.plain }
    package func talk() -> PlainTalk { probe.talk() }

    package func probe(timeout: Duration, on group: any EventLoopGroup) async -> ProbeResult {
        await probe.run(timeout: timeout, on: group)
    }
}
