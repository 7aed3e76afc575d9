import TestSupport
import Testing

@testable import Checks

@Suite struct ScannerTests {
    /// Scans `answer` cut into pieces of `size` bytes; the body, and whether it is whole.
    private func scan(
        _ answer: String, size: Int, requestIsHead: Bool = false
    ) throws(ResponseFault) -> (status: Int?, body: String, isWhole: Bool) {
        try scan(Array(answer.utf8), size: size, requestIsHead: requestIsHead)
    }

    private func scan(
        _ bytes: [UInt8], size: Int, requestIsHead: Bool = false
    ) throws(ResponseFault) -> (status: Int?, body: String, isWhole: Bool) {
        var scanner = ResponseScanner(requestIsHead: requestIsHead)
        var (status, body, isWhole) = (Int?.none, [UInt8](), false)
        for start in stride(from: 0, to: bytes.count, by: size) {
            let part = Array(bytes[start..<min(start + size, bytes.count)])
            let fault: ResponseFault? = part.withUnsafeBytes { part in
                var piece = part
                do throws(ResponseFault) {
                    while let event = try scanner.next(&piece) {
                        switch event {
                        case .head(let head): status = head.status
                        case .body(let part): body += Array(part)
                        case .end: isWhole = true
                        }
                    }
                    return nil
                } catch { return error }
            }
            if let fault { throw fault }
        }
        return (status, String(decoding: body, as: UTF8.self), isWhole || scanner.mayEndHere)
    }

    @Test(
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", true),
            ("HTTP/1.0 200 OK\n\nhello", 200, "hello", true),  // bare line feeds, ended by the close
            ("HTTP/1.1 200\r\n\r\n", 200, "", true),  // no words behind the status
            ("HTTP/1.1 200 OK\r\ncontent-LENGTH:\t5 \r\n\r\nhello and more", 200, "hello", true),
            ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", 200, "hello", false),  // cut short
            ("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", 204, "", true),
            ("HTTP/1.1 304 Not Modified\r\n\r\n", 304, "", true),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
                200, "ok", true
            ),
            ("HTTP/1.1 200 OK\r\nX: a\r\n b: folded\r\nContent-Length: 2\r\n\r\nok", 200, "ok", true),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6; a=b\r\n world\r\n0\r\n\r\n", 200,
                "hello world", true
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nContent-Length: 3\r\n\r\nA\r\n0123456789\r\n0\r\nT: x\r\n\r\n",
                200, "0123456789", true
            ),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n", 200, "hello", true),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", 200, "hello", false),
        ] as [(String, Int, String, Bool)])
    func `an answer is read the same however it is cut`(answer: String, status: Int, body: String, isWhole: Bool) throws
    {
        for size in 1...answer.utf8.count {
            let found = try scan(answer, size: size)
            #expect(found.status == status, "in pieces of \(size)")
            #expect(found.body == body, "in pieces of \(size)")
            #expect(found.isWhole == isWhole, "in pieces of \(size)")
        }
    }

    @Test func `the answer to HEAD has no body whatever it says`() throws {
        let found = try scan("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", size: 7, requestIsHead: true)
        #expect(found.status == 200)
        #expect(found.isWhole)
    }

    @Test(arguments: [
        ("SSH-2.0-OpenSSH_9.2\r\n", "not HTTP: \"SSH-2.0-OpenSSH_9.2\\r\\n\""),
        ("HTTP/2.0 200 OK\r\n\r\n", "not HTTP: \"HTTP/2.0 200 OK\\r\\n\\r\\n\""),
        ("HTTP/1.1 20 OK\r\n\r\n", "not HTTP: \"HTTP/1.1 20 OK\""),
        ("HTTP/1.1 2000\r\n\r\n", "not HTTP: \"HTTP/1.1 2000\""),
        ("HTTP/1.1 099 Low\r\n\r\n", "not HTTP: \"HTTP/1.1 099 Low\""),
        ("\u{15}\u{3}\u{1}", "not HTTP: \"\\x15\\x03\\x01\""),  // a TLS alert
        ("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "not HTTP: header line \"no colon\""),
        ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "not HTTP: Content-Length \"-1\""),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "not HTTP: Content-Length \"99999999999999999999\""
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "not HTTP: two different Content-Length headers"
        ),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "unknown Transfer-Encoding \"gzip, chunked\""),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz", "not HTTP: chunk size \"xyz\""),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
            "not HTTP: chunk size \"ff\\r\\n\""
        ),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab", "not HTTP: chunk size \"b\""),
    ])
    func `what is not HTTP is told with what came`(answer: String, words: String) {
        let error = #expect(throws: ResponseFault.self) { try scan(answer, size: answer.utf8.count) }
        #expect(error?.words == words)
        #expect(throws: ResponseFault.self) { try scan(answer, size: 1) }  // cut differently, found all the same
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 70_000),
        "HTTP/1.1 200 OK\r\n" + String(repeating: "X: y\r\n", count: 12_000),
        String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 4_000),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + String(repeating: "T: x\r\n", count: 12_000),
    ])
    func `headers without end are cut off`(answer: String) {
        for size in [1000, answer.utf8.count] {
            let error = #expect(throws: ResponseFault.self) { try scan(answer, size: size) }
            #expect(error == .headTooLong)
        }
    }

    @Test func `whatever bytes come, cutting them differently changes nothing`() {
        var random = SeededRandom(seed: 9)
        let start = Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n".utf8)
        var faults = 0
        for round in 0..<2_000 {
            var bytes = start
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            bytes += (0..<64).map { _ in UInt8(ascii: "0") + UInt8.random(in: 0...15, using: &random) }
            let whole = Result { try scan(bytes, size: bytes.count).body }
            let pieces = Result { try scan(bytes, size: 3).body }
            #expect((try? whole.get()) == (try? pieces.get()), "round \(round): \(bytes)")
            if case .failure = whole { faults += 1 }
        }
        #expect(faults > 100)  // otherwise this would have tested nothing
    }
}

@Suite struct TextSearchTests {
    @Test(arguments: [
        ("status=OK", "xx status=OK yy", true),
        ("aab", "aaab", true),  // a false start inside the text itself
        ("abab", "abaabab", true),
        ("aa", "a", false),
        ("x", "", false),
        ("Kätzchen", "ein Kätzchen", true),
        ("ok", "OK", false),  // case counts
    ])
    func `a text is found wherever the pieces are cut`(text: String, page: String, isFound: Bool) {
        let bytes = Array(page.utf8)
        for cut in 0...bytes.count {
            var search = TextSearch(text)
            for part in [Array(bytes[..<cut]), Array(bytes[cut...])] { part.withUnsafeBytes { search.feed($0) } }
            #expect(search.isFound == isFound, "cut at \(cut)")
        }
    }
}
