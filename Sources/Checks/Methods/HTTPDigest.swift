import Crypto
import NIOCore
import Synchronization

/// `http-digest`: the page stays what it was, by its SHA-256.
package struct HTTPDigest: Check {
    package static let method = "http-digest"
    package static let summary = "The SHA-256 of an HTTP or HTTPS page stays what it was."
    package static let parameters =
        [
            HTTPArguments.url,
            CheckParameter(
                "sha256", .text, form: "64 hexadecimal digits",
                "The SHA-256 that the page must have; that of the first page seen if not given."),
            CheckParameter(
                "changes", .text, form: "static or dynamic",
                "static: a change is an error; dynamic: it is noted and accepted. static if not given."),
            HTTPArguments.status,
        ] + HTTPArguments.request + HTTPArguments.options

    private enum Changes: String, CaseIterable { case `static`, dynamic }

    /// What the page was when it was last seen. Shared by all copies of the check, gone with the process.
    private final class Memory: Sendable { let digest = Mutex<[UInt8]?>(nil) }

    private let probe: HTTPProbe
    private let isStatic: Bool
    private let memory = Memory()

    package init(_ arguments: CheckArguments) throws(CheckArgumentErrors) {
        var reader = ArgumentReader(arguments, of: Self.self)
        isStatic = reader.choice("changes", default: Changes.static) == .static
        if let text = reader.text("sha256") {
            let digits = text.utf8.compactMap(hexValue)
            if digits.count != 64 || text.utf8.count != 64 { reader.refuse("sha256", "is not a SHA-256") }
            if !isStatic { reader.refuse("sha256", "contradicts dynamic", expected: "changes: static") }
            let octets = stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
            memory.digest.withLock { $0 = octets }
        }
        probe = try HTTPProbe(&reader, expecting: HTTPExpectation(digests: true))
    }

    package var target: String { probe.target }

    package func probe(timeout: Duration, on group: any EventLoopGroup) async -> ProbeResult {
        await probe.run(timeout: timeout, on: group) { judge($0) }
    }

    private func judge(_ answer: HTTPAnswer) -> Verdict {
        guard let digest = answer.digest else {
            return .err("the page is longer than \(inWords(bytes: HTTPExpectation.longestDigestedBody))")
        }
        let now = hex(digest)
        return memory.digest.withLock { known in
            guard let before = known else {
                known = digest
                return .ok("SHA-256 \(now), seen for the first time")
            }
            if before == digest { return .ok("SHA-256 \(now), unchanged") }
            if isStatic { return .err("SHA-256 is \(now), expected \(hex(before))") }
            known = digest
            return .ok("SHA-256 changed from \(hex(before)) to \(now)")
        }
    }
}

/// In lower case, two digits each.
func hex(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { String(Int($0) + 0x100, radix: 16).dropFirst() }.joined()
}
