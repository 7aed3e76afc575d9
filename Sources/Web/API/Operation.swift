import Accounts
import Foundation
import HTTPTypes
import Hummingbird
import JSONTree
import NIOCore
import Storage

/// One thing that the API can do: the route, the check of what comes in and the published document are all made from
/// this.
struct Operation: Sendable {
    /// Who may.
    enum Access: Sendable {
        case anyone
        /// Whoever may look at everything: everybody where the server allows it, otherwise anybody with a role for the
        /// whole server.
        case reader
        /// Also whoever has a role in a project: what is answered is limited to what belongs to it.
        case projectReader
        /// For the whole server.
        case role(Role)
        /// Whoever has the role in some project; the operation itself sees to it that it is the right one.
        case project(Role)
        /// Anybody who has proven who they are.
        case oneself
    }

    struct Parameter: Sendable {
        var name: String
        var schema: Schema
        var description: String

        init(_ name: String, _ schema: Schema, _ description: String) {
            self.name = name
            self.schema = schema
            self.description = description
        }
    }

    /// From an answer to another operation (OpenAPI 3.1 §4.8.20).
    struct Link: Sendable {
        /// The other operation's id, and the path parameter that takes the value.
        var operation: String
        var parameter: String
        /// Where the value is in the answer: a JSON Pointer.
        var pointer: String

        init(_ operation: String, _ parameter: String, from pointer: String) {
            self.operation = operation
            self.parameter = parameter
            self.pointer = pointer
        }
    }

    var method: HTTPRequest.Method
    /// Parameters in braces: `/api/v1/schemes/{name}`.
    var path: String
    var id: String
    var summary: String
    var access: Access
    var query: [Parameter] = []
    /// Headers that it heeds, beside `Idempotency-Key`.
    var headers: [Parameter] = []
    /// Whether a POST that carries an `Idempotency-Key` and comes again is answered as the first time.
    var remembersReplies = true
    var body: Schema?
    /// The media type of the body. One that is not JSON is read by the operation itself.
    var bodyType = "application/json"
    var status: HTTPResponse.Status = .ok
    /// Of the answer; nil if it has no body.
    var result: Schema?
    /// The media type of the answer.
    var type = "application/json"
    /// What can be asked next with what was answered.
    var links: [Link] = []
    /// What else may be answered, beside 400, 401, 403 and 406.
    var problems: [HTTPResponse.Status] = []
    var handle: @Sendable (Call) async throws -> Response

    var pathParameters: [String] {
        path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
    }
}

/// One call of an operation, checked: who, and with what.
struct Call: Sendable {
    /// Nil where anyone may.
    var identity: Identity?
    var address: String
    var request: Request
    var path: [String: String]
    var query: [String: JSONValue]
    var body: JSONValue = .null
    var bodyData = Data()
    /// The revision that a form insists on.
    var base: Int?
    /// What a form sets anew with the change: `store:cloudflare-token`.
    var freshSecrets: Set<String> = []

    var actor: String { identity?.name ?? "anybody" }

    /// The revision that the request insists on (`If-Match`, RFC 9110 §13.1.1); nil if any will do.
    func ifMatch() throws -> Int? {
        if let base { return base }
        guard let header = request.headers[.ifMatch]?.trimmingCharacters(in: .whitespaces), header != "*" else {
            return nil
        }
        guard let number = Int(header.trimmingPrefix("W/").trimmingCharacters(in: ["\""])), number > 0 else {
            throw Problem(.badRequest, "If-Match should be the ETag of what you have seen: the number of a revision.")
        }
        return number
    }

    func text(_ name: String) -> String? { if case .string(let text) = query[name] { text } else { nil } }
    func number(_ name: String) -> Double? { if case .number(let number) = query[name] { number } else { nil } }
    func flag(_ name: String) -> Bool { query[name] == .bool(true) }

    /// The body as a type of ours; it fits its schema already.
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: bodyData)
        } catch {
            throw Problem(.badRequest, "The body cannot be understood.")
        }
    }
}

/// What a request carries with it through the routes.
struct SiteContext: RequestContext, RemoteAddressRequestContext {
    var coreContext: CoreRequestContextStorage
    let remoteAddress: SocketAddress?
    /// Who asks, once that is proven.
    var identity: Identity?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        remoteAddress = source.channel.remoteAddress
    }

    var address: String { remoteAddress?.ipAddress ?? "local" }
}

/// Puts operations on a router.
struct OperationRoutes {
    let operations: [Operation]
    let gate: Gate
    let replies = Replies()
    /// The longest body that is read.
    private static let bodyLimit = 1 << 20

    func add(to router: Router<SiteContext>) {
        for operation in operations {
            let path = operation.path.replacing("{", with: ":").replacing("}", with: "")
            router.on(RouterPath(path), method: operation.method) { request, context in
                await answer(operation, request, context)
            }
        }
        addRefusals(to: router)
    }

    /// What a path does not take is refused with what it takes (RFC 9110 §15.5.6).
    private func addRefusals(to router: Router<SiteContext>) {
        for (path, operations) in Dictionary(grouping: operations, by: \.path) {
            Self.refuseOthers(
                than: operations.map(\.method), at: path.replacing("{", with: ":").replacing("}", with: ""),
                to: router)
        }
    }

    /// A method that some clients know already.
    private static let query = [HTTPRequest.Method("QUERY")].compactMap(\.self)

    /// What takes GET takes HEAD as well.
    static func refuseOthers(
        than taken: [HTTPRequest.Method], at path: String, to router: Router<SiteContext>
    ) {
        let methods: [HTTPRequest.Method] =
            [.get, .head, .post, .put, .patch, .delete, .options, .trace, .connect] + query
        let taken = taken.contains(.get) ? taken + [.head] : taken
        let allow = taken.map(\.rawValue).sorted().joined(separator: ", ")
        for method in methods where !taken.contains(method) {
            router.on(RouterPath(path), method: method) { _, _ in
                var problem = Problem(.methodNotAllowed, "This path takes \(allow).")
                problem.headers[.allow] = allow
                return problem.response
            }
        }
    }

    private func answer(_ operation: Operation, _ request: Request, _ context: SiteContext) async -> Response {
        do {
            try gate.check(operation.access, request, context)
            var call = Call(
                identity: context.identity, address: context.address, request: request,
                path: try path(of: operation, context), query: try query(of: operation, request))
            try checkAccept(operation, request)
            try checkHeaders(operation, request)
            try checkContentType(operation, request)
            if let schema = operation.body, operation.bodyType == Self.json {
                try await read(schema, request, into: &call)
            }
            guard operation.method == .post, operation.remembersReplies, let accounts = gate.accounts else {
                return try await operation.handle(call)
            }
            return try await replies.answer(call, accounts: accounts, by: operation.handle)
        } catch let problem as Problem {
            return problem.response
        } catch let error as AccountsError {
            return Problem(error).response
        } catch {
            return Problem(.internalServerError, "Something went wrong: \(error)").response
        }
    }

    private func checkHeaders(_ operation: Operation, _ request: Request) throws {
        var violations: [Violation] = []
        for parameter in operation.headers {
            guard let field = HTTPField.Name(parameter.name), let value = request.headers[field] else { continue }
            violations += parameter.schema.violations(of: .string(value), at: parameter.name)
        }
        if !violations.isEmpty { throw Problem(.badRequest, "A header is wrong.", violations: violations) }
    }

    /// Refuses who would not understand the answer (RFC 9110 §12.5.1).
    private func checkAccept(_ operation: Operation, _ request: Request) throws {
        let accepted = request.headers[values: .accept].flatMap { $0.split(separator: ",") }.map { range in
            String(range.prefix { $0 != ";" }).trimmingCharacters(in: .whitespaces).lowercased()
        }
        let kind = String(operation.type.prefix { $0 != "/" })
        let fits = ["*/*", "\(kind)/*", operation.type, "application/problem+json"]
        if !accepted.isEmpty, !accepted.contains(where: fits.contains) {
            throw Problem(.notAcceptable, "The answer is \(operation.type).")
        }
    }

    private func path(of operation: Operation, _ context: SiteContext) throws -> [String: String] {
        var path: [String: String] = [:]
        for name in operation.pathParameters {
            let value = try context.parameters.require(name)
            path[name] = value.removingPercentEncoding ?? value
        }
        return path
    }

    private func query(of operation: Operation, _ request: Request) throws -> [String: JSONValue] {
        var query: [String: JSONValue] = [:]
        var violations: [Violation] = []
        for (key, text) in request.uri.queryParameters {
            let name = String(key)
            guard let parameter = operation.query.first(where: { $0.name == name }) else {
                let known = operation.query.map(\.name).joined(separator: ", ")
                violations.append(
                    Violation(
                        pointer: "?\(name)",
                        detail: "is not known: expected \(known.isEmpty ? "no parameters" : "one of \(known)")"))
                continue
            }
            let value = parameter.schema.value(of: String(text))
            violations += parameter.schema.violations(of: value, at: "?\(name)")
            query[name] = value
        }
        if !violations.isEmpty { throw Problem(.badRequest, "The query is wrong.", violations: violations) }
        return query
    }

    private static let json = "application/json"

    private func checkContentType(_ operation: Operation, _ request: Request) throws {
        if operation.body == nil { return }
        let type = request.headers[.contentType]?.split(separator: ";").first?.trimmingCharacters(in: .whitespaces)
        guard type?.lowercased() == operation.bodyType else {
            throw Problem(.unsupportedMediaType, "Send the body as \(operation.bodyType).")
        }
    }

    private func read(_ schema: Schema, _ request: Request, into call: inout Call) async throws {
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: Self.bodyLimit)
        } catch {
            throw Problem(.contentTooLarge, "The body is longer than \(Self.bodyLimit) octets.")
        }
        call.bodyData = Data(buffer.readableBytesView)
        do {
            call.body = try JSONDecoder().decode(JSONValue.self, from: call.bodyData)
        } catch {
            throw Problem(.badRequest, "The body is no JSON.")
        }
        let violations = schema.violations(of: call.body)
        if !violations.isEmpty { throw Problem(.badRequest, "The body is wrong.", violations: violations) }
    }
}

extension Schema {
    /// A query parameter's text as the value that it stands for; left a text where it does not fit.
    func value(of text: String) -> JSONValue {
        switch self {
        case .integer, .number: Double(text).flatMap { $0.isFinite ? .number($0) : nil } ?? .string(text)
        case .bool: text == "true" ? true : text == "false" ? false : .string(text)
        default: .string(text)
        }
    }
}

extension Problem {
    init(_ error: AccountsError) {
        switch error {
        case .wrongCredentials, .codeWanted: self.init(.unauthorized, "\(error)")
        case .tooManyAttempts(let seconds):
            self.init(.tooManyRequests, "\(error)")
            headers[.retryAfter] = "\(seconds)"
        case .weakPassword, .badName: self.init(.unprocessableContent, "\(error)")
        case .wrongInvitation: self.init(.forbidden, "\(error)")
        case .lastAdmin, .store(StoreError.exists), .store(StoreError.conflict): self.init(.conflict, "\(error)")
        case .store(StoreError.notFound): self.init(.notFound, "\(error)")
        case .badKey, .store: self.init(.serviceUnavailable, "\(error)")
        }
    }
}
