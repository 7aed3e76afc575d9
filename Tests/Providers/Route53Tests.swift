import Addresses
import DNS
import Foundation
import Secrets
import TestSupport
import Testing

@testable import Providers

/// The driver against moto, looked at with Amazon's own client.
@Suite struct Route53Tests {
    @Test func `it passes the conformance suite`() async throws {
        try await withRoute53 { _, provider in
            let findings = await ProviderConformance(
                provider, owner: try Name("www.example.org"), outside: try Name("www.example.test")
            ).run()
            #expect(findings == [])
        }
    }

    @Test func `Amazon's own client sees what was set, and its signature is ours`() async throws {
        try await withRoute53 { moto, provider in
            try await provider.make(["192.0.2.1", "192.0.2.2", "2001:db8::1"].compactMap { IPAddress($0) })
            let (output, code) = try await moto.boto(
                """
                for s in r53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]:
                    if s["Type"] in ("A", "AAAA"):
                        print(s["Name"], s["Type"], s["TTL"], sorted(r["Value"] for r in s["ResourceRecords"]))
                """)
            #expect(code == 0)
            #expect(
                output == """
                    www.example.org. A 300 ['192.0.2.1', '192.0.2.2']
                    www.example.org. AAAA 300 ['2001:db8::1']

                    """)
        }
    }

    @Test(arguments: [
        "GET|/|", "GET|/2013-04-01/hostedzonesbyname|dnsname=example.org.&maxitems=20",
        "GET|/a b/%41|Z=1&a=2&A=*~ /", "POST|/2013-04-01/hostedzone/Z1/rrset/|",
    ])
    func `requests are signed as Amazon's own client signs them`(form: String) async throws {
        let parts = form.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        let query = parts[2].split(separator: "&").map { field in
            let words = field.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
            return (name: words[0], value: words[1])
        }
        let body = Data(parts[0] == "POST" ? "<x>é</x>".utf8 : "".utf8)
        let path = parts[1].split(separator: "/", omittingEmptySubsequences: false).map { String($0).percentEncoded }
            .joined(separator: "/")
        let request = RequestSignature.Request(
            method: parts[0], host: "127.0.0.1:5000", path: path, query: query, body: body)
        let ours = RequestSignature(region: "us-east-1", service: "route53").headers(
            for: request,
            by: .init(accessKey: "AKIDEXAMPLE", secret: Secret("secret/with+signs"), sessionToken: Secret("token")),
            at: 1_440_938_160)
        let script = """
            import sys, datetime
            from unittest import mock
            from botocore.auth import SigV4Auth
            from botocore.awsrequest import AWSRequest
            from botocore.credentials import Credentials
            import botocore.auth as auth
            method, url, body = sys.argv[1:4]
            request = AWSRequest(method=method, url=url, data=body.encode())
            now = datetime.datetime(2015, 8, 30, 12, 36, 0)
            with mock.patch.object(auth, "get_current_datetime", return_value=now):
                SigV4Auth(Credentials("AKIDEXAMPLE", "secret/with+signs", "token"), "route53", "us-east-1").add_auth(request)
            print(request.headers["Authorization"], end="")
            """
        let text = RequestSignature.query(of: request)
        let url = "http://127.0.0.1:5000\(path)" + (text.isEmpty ? "" : "?\(text)")
        let (theirs, code) = try await run(
            try testTool("python3"), ["-c", script, parts[0], url, String(decoding: body, as: UTF8.self)])
        #expect(code == 0)
        #expect(ours.first { $0.name == "authorization" }?.value == theirs)
    }

    @Test func `a change is awaited until it is INSYNC, or the time is over`() async throws {
        try await withRoute53(pendingFor: 2) { _, provider in
            let start = ContinuousClock.now
            let said = await outcome(of: provider, setting: ["192.0.2.1"], within: .seconds(30))
            #expect(said.hasPrefix("accepted: change ") && said.hasSuffix(" is INSYNC"), "\(said)")
            #expect(ContinuousClock.now - start > .seconds(3), "it was asked for twice")
            let late = await outcome(of: provider, setting: ["192.0.2.2"], within: .seconds(3))
            #expect(late.hasPrefix("it is not known whether it took effect: change "), "\(late)")
            #expect(late.hasSuffix(" is accepted and PENDING"), "\(late)")
        }
    }

    @Test(arguments: [
        (
            #""Type": "A", "AliasTarget": {"HostedZoneId": "Z1", "DNSName": "lb.example.net.", "EvaluateTargetHealth": False}"#,
            "is an alias"
        ),
        (
            #""Type": "A", "TTL": 60, "SetIdentifier": "one", "Weight": 1, "ResourceRecords": [{"Value": "192.0.2.7"}]"#,
            "has a routing policy"
        ),
    ])
    func `what plain values cannot replace is refused`(set: String, reason: String) async throws {
        try await withRoute53 { moto, provider in
            let (output, code) = try await moto.boto(
                """
                r53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE",
                    "ResourceRecordSet": {"Name": "www.example.org.", \(set)}}]})
                """)
            try #require(code == 0, "\(output)")
            do {
                _ = try await provider.read(try Name("www.example.org"), types: [.a], until: .after(.seconds(10)))
                Issue.record("it was read")
            } catch let error as ProviderError {
                let words = "the A record set of www.example.org \(reason)"
                #expect(error == .refused(.recordInTheWay, words: words))
            }
        }
    }

    @Test func `a star in a name is understood as Route 53 writes it`() async throws {
        try await withRoute53 { _, provider in
            try await provider.make([try #require(IPAddress("192.0.2.1"))], owner: "*.example.org")
            let held = try await provider.read(try Name("*.example.org"), types: [.a], until: .after(.seconds(10)))
            #expect(held.map(\.rrset.valueTexts) == [["192.0.2.1"]])
        }
    }
}

/// What Route 53 answers, and what it means.
@Suite struct Route53FaultTests {
    @Test(arguments: [
        (
            403, fault("InvalidClientTokenId", "No."),
            "refused (credentials): No. (InvalidClientTokenId)"
        ),
        (
            400, fault("Throttling", "Rate exceeded"),
            "rate limited: Rate exceeded (Throttling)"
        ),
        (
            400, fault("PriorRequestNotComplete", "Wait"),
            "rate limited: Wait (PriorRequestNotComplete)"
        ),
        (
            404, fault("NoSuchHostedZone", "Gone"),
            "refused (no such zone): Gone (NoSuchHostedZone)"
        ),
        (
            400,
            """
            <?xml version="1.0"?>
            <InvalidChangeBatch xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Messages>
            <Message>Tried to delete resource record set [name='www.', type='A'] but it was not found</Message>
            </Messages></InvalidChangeBatch>
            """,
            "changed by somebody else meanwhile: Tried to delete"
        ),
        (
            400,
            """
            <ErrorResponse><Error><Code>InvalidChangeBatch</Code><Message>[RRSet of type A with DNS name www. is not \
            permitted because a conflicting RRSet of type CNAME already exists]</Message></Error></ErrorResponse>
            """,
            "refused (another record is in the way): [RRSet"
        ),
        (500, "<ErrorResponse><Error><Code>InternalFailure</Code></Error></ErrorResponse>", "it is not known"),
        (502, "<html><body>Bad & gateway</body></html>", "it is not known"),
    ])
    func `errors are told by their codes`(status: Int, body: String, meaning: String) {
        let call = HTTPCall(.POST, "https://127.0.0.1/", effect: .changes)
        let reply = HTTPReply(status: status, headers: [:], body: Data(body.utf8))
        let error = Route53Fault(XMLElement(document: body), reply: reply, call: call).error
        #expect(error.description.hasPrefix(meaning), "\(error)")
    }

    @Test(arguments: [
        ("<a><b>1 &lt; 2 &#x26; 3</b><b/><!-- <c> --></a>", "1 < 2 & 3"),
        ("<?xml version='1.0'?>\n<x:a at='r'><x:b>t</x:b></x:a>", "t"),
    ])
    func `XML is read as far as it is needed`(text: String, expected: String) {
        #expect(XMLElement(document: text)?["b"]?.text == expected)
    }

    @Test(arguments: ["", "text", "<a>", "<a><b></a></b>", "<a>&unknown;</a>", "<!DOCTYPE a><a/>", "<a", "<1/>"])
    func `what is not well-formed is nothing`(text: String) {
        #expect(XMLElement(document: text) == nil)
    }

    @Test func `XML that is nested without end is refused`() {
        #expect(XMLElement(document: String(repeating: "<a>", count: 100_000)) == nil)
    }
}

private func fault(_ code: String, _ message: String) -> String {
    "<ErrorResponse><Error><Code>\(code)</Code><Message>\(message)</Message></Error></ErrorResponse>"
}

/// moto with the hosted zone example.org.
private struct Moto {
    let url: String

    /// Runs Python lines with a client `r53` and the id of the first zone in `zone`.
    func boto(_ lines: String) async throws -> (output: String, code: Int32) {
        let script = """
            import boto3
            r53 = boto3.client("route53", endpoint_url="\(url)", region_name="us-east-1",
                               aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="good-key")
            zones = r53.list_hosted_zones()["HostedZones"]
            zone = zones[0]["Id"] if zones else None

            """
        return try await run(try testTool("python3"), ["-c", script + lines])
    }
}

/// Hands requests on to moto and says PENDING of each change for so many answers.
private let pendingProxy = """
    import sys, http.client, http.server
    port, moto, left = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    asked = {}
    class Proxy(http.server.BaseHTTPRequestHandler):
        def hand_on(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            connection = http.client.HTTPConnection("127.0.0.1", moto)
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            text = answer.read()
            if self.command == "POST": asked.clear()
            asked[self.path] = asked.get(self.path, 0) + 1
            if self.command == "POST" or "/change/" in self.path and asked[self.path] < left:
                text = text.replace(b"INSYNC", b"PENDING")
            self.send_response(answer.status)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
        do_GET = do_POST = hand_on
        def log_message(self, *words): pass
    http.server.ThreadingHTTPServer(("127.0.0.1", port), Proxy).serve_forever()
    """

/// - Parameter pendingFor: each change is PENDING for so many questions; nil: for none.
private func withRoute53(pendingFor: Int? = nil, _ body: (Moto, Route53) async throws -> Void) async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try folder.write("id", "AKIDEXAMPLE\n")
    try folder.write("key", "good-key\n")
    let port = try freePort()
    let moto = Moto(url: "http://127.0.0.1:\(port)")
    var processes = [try ChildProcess(try testTool("moto_server"), ["-H", "127.0.0.1", "-p", "\(port)"])]
    do {
        try await eventually("moto answers") {
            try await run("curl", ["-s", "-m", "30", moto.url + "/moto-api/"]).code == 0
        }
        let (output, code) = try await moto.boto(
            #"r53.create_hosted_zone(Name="example.org", CallerReference="1")"#)
        try #require(code == 0, "\(output)")
        var url = moto.url
        if let pendingFor {
            let front = try freePort()
            url = "http://127.0.0.1:\(front)"
            processes.append(
                try ChildProcess(
                    try testTool("python3"), ["-c", pendingProxy, "\(front)", "\(port)", "\(pendingFor)"]))
            try await eventually("the proxy answers") {
                try await run("curl", ["-s", "-m", "30", url + "/moto-api/"]).code == 0
            }
        }
        let provider = try Route53(
            ProviderArguments(
                ["access-key": "file:id", "secret-key": "file:key", "requests-per-second": "1000", "url": url],
                folder: folder.path))
        try await body(moto, provider)
    } catch {
        for process in processes { await process.stop() }
        throw error
    }
    for process in processes { await process.stop() }
}
