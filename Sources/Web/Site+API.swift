import Control
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOFoundationCompat
import Synchronization

extension Site {
    var operations: [Operation] {
        lookingOperations + providerOperations + orderOperations + reportOperations + noticeOperations + postOperations
            + revisionOperations + entryOperations + accountOperations + projectOperations + secretOperations
            + lineOperations + restoreOperations + trialOperations
    }

    /// What programs read: the API, metrics and health.
    func addAPI(to router: Router<SiteContext>) {
        let operations = self.operations
        OperationRoutes(operations: operations, gate: gate).add(to: router)
        addOkerr(to: router)
        for path in ["/api", "/api/openapi.json", "/metrics", "/healthz", "/readyz"] {
            OperationRoutes.refuseOthers(than: [.get], at: path, to: router)
        }
        // It is the same for everybody, as long as the process lives.
        let document = Mutex<ByteBuffer?>(nil)
        router.get("/api/openapi.json") { _, _ in
            let version = await control.readModel().version
            return Response.json(
                try document.withLock { known in
                    let made = try known ?? JSON.encode(OpenAPI(operations: operations, version: version).document)
                    known = made
                    return made
                })
        }
        if let demo {
            router.get("/api/v1/demo/servers") { _, _ in Response.json(try JSON.encode(await demo.servers())) }
        }
        router.get("/metrics") { _, _ in
            let metrics = await Metrics(of: control, more: await moreMetrics())
            return Response(
                status: .ok,
                headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8", .cacheControl: "no-store"],
                body: ResponseBody { try await metrics.write(to: &$0) })
        }
        // Alive it is in any case; what follows is for people.
        router.get("/healthz") { _, _ in
            let lines = ["ok"] + (await control.problems()).map { "problem: \($0)" }
            return Response.text(lines.joined(separator: "\n") + "\n", type: "text/plain; charset=utf-8")
        }
        router.get("/readyz") { _, _ in
            guard let reason = await control.unreadiness() else {
                return Response.text("ready\n", type: "text/plain; charset=utf-8")
            }
            return Response.text(
                "not ready: \(reason)\n", type: "text/plain; charset=utf-8", status: .serviceUnavailable)
        }
    }
}

/// JSON as it leaves the house: keys sorted, so that two equal reports are equal texts.
enum JSON {
    enum Value: Encodable {
        case string(String)
        case number(Double)

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .string(let text): try container.encode(text)
            case .number(let number): try container.encode(number)
            }
        }
    }

    static func encode(_ value: some Encodable) throws -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return ByteBuffer(data: try encoder.encode(value))
    }

    static func text(_ object: [String: Value]) throws -> String { String(buffer: try encode(object)) }
}

extension Response {
    static func json(_ body: ByteBuffer) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
            body: .init(byteBuffer: body))
    }

    static func text(_ text: String, type: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: type, .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}

/// The files that pages load; all of them are in the binary.
enum Assets {
    private static let style = "text/css; charset=utf-8"
    private static let script = "text/javascript; charset=utf-8"

    private static let files: [String: (bytes: [UInt8], type: String, tag: String)] = {
        let files: [(String, [UInt8], String)] = [
            ("tokens.css", PackageResources.tokens_css, style), ("layout.css", PackageResources.layout_css, style),
            ("parts.css", PackageResources.parts_css, style), ("pages.css", PackageResources.pages_css, style),
            ("live.js", PackageResources.live_js, script), ("clock.js", PackageResources.clock_js, script),
            ("forms.js", PackageResources.forms_js, script), ("keys.js", PackageResources.keys_js, script),
            ("icon.svg", PackageResources.icon_svg, "image/svg+xml"),
        ]
        var byName: [String: (bytes: [UInt8], type: String, tag: String)] = [:]
        for (name, bytes, type) in files { byName[name] = (bytes, type, "\"\(checksum(bytes))\"") }
        return byName
    }()

    /// A browser that has the file already is told so.
    static func response(_ name: String, _ request: Request) throws -> Response {
        guard let file = files[name] else { throw HTTPError(.notFound) }
        var headers: HTTPFields = [.contentType: file.type, .cacheControl: "no-cache", .eTag: file.tag]
        if request.headers[.ifNoneMatch] == file.tag {
            headers[.contentType] = nil
            return Response(status: .notModified, headers: headers)
        }
        return Response(
            status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: file.bytes)))
    }

    /// FNV-1a, 64 bits: tells versions of a file apart, and nothing else.
    private static func checksum(_ bytes: [UInt8]) -> String {
        String(bytes.reduce(14_695_981_039_346_656_037 as UInt64) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }, radix: 36)
    }
}

/// What a browser may do with our pages: load our own files, and nothing else.
struct SecurityHeaders: RouterMiddleware {
    /// Then browsers are told to come by HTTPS only from now on (RFC 6797).
    var hasTLS = false

    func handle(
        _ request: Request, context: SiteContext, next: (Request, SiteContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        for (name, value) in Self.headers {
            if let field = HTTPField.Name(name) { response.headers[field] = value }
        }
        if hasTLS { response.headers[.strictTransportSecurity] = "max-age=31536000" }
        return response
    }

    private static let headers = [
        ("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"),
        ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"), ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin"),
    ]
}
