import NIOCore

/// `http-status`: the server answers with an expected status.
package struct HTTPStatus: Check {
    package static let method = "http-status"
    package static let summary =
        "An HTTP or HTTPS server answers with the expected status, and conditions hold of its answer."
    package static let parameters =
        [HTTPArguments.url, HTTPArguments.status] + HTTPArguments.conditions + HTTPArguments.request
        + HTTPArguments.options

    var probe: HTTPProbe

    package init(_ arguments: CheckArguments) throws(CheckArgumentErrors) {
        var reader = ArgumentReader(arguments, of: Self.self)
        probe = try HTTPProbe(&reader, expecting: HTTPExpectation())
    }

    package var target: String { probe.target }
    package var plain: PlainServer? { probe.plain }
    package func talk() -> PlainTalk { probe.talk() }

    package func probe(timeout: Duration, on group: any EventLoopGroup) async -> ProbeResult {
        await probe.run(timeout: timeout, on: group)
    }
}
