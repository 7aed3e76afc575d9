import Accounts
import Control
import Foundation
import HTTPTypes
import Hummingbird
import JSONTree
import NIOCore
import NIOFoundationCompat

/// The page's forms: each carries out an operation of the API, by the same code and the same rules.
extension Site {
    func addForms(to router: Router<SiteContext>) {
        let operations = Dictionary(operations.map { ($0.id, $0) }) { $1 }
        if let operation = operations["addToken"] {
            router.post("/account/tokens") { request, context in try await makeToken(operation, request, context) }
        }
        if let make = operations["makeSecondFactor"], let set = operations["setSecondFactor"] {
            router.post("/account/second-factor") { request, context in
                try await switchFactorOn(make, set, request, context)
            }
        }
        router.post("/do/:operation") { request, context in
            let fields = try await FormFields(reading: request)
            let back = Self.local(fields["back"])
            do {
                guard let operation = operations[try context.parameters.require("operation")] else {
                    throw Problem(.notFound, "There is no such operation.")
                }
                return try await carryOut(operation, fields, request, context, back: back)
            } catch {
                let problem = Problem(any: error)
                // Our own script shows the problem where the form is.
                if Self.isScript(request) { return problem.response }
                let visit = Visit(request, context, catalogues)
                let version = await control.readModel().version
                if problem.seen != nil { return overtaken(problem, fields.fields, visit, version: version, back: back) }
                return refusal(problem, visit, version: version, back: back)
            }
        }
    }

    /// Makes a token, and shows its secret this once.
    private func makeToken(
        _ operation: Operation, _ request: Request, _ context: SiteContext
    ) async throws -> Response {
        let visit = Visit(path: "/account", query: [:], request, context.identity, catalogues)
        let version = await control.readModel().version
        do {
            let fields = try await FormFields(reading: request)
            try gate.check(operation.access, fields, context)
            let response = try await perform(operation, fields.fields, request, context)
            let body = try await response.body.collected()
            guard case .object(let token) = try JSONDecoder().decode(JSONValue.self, from: body),
                case .string(let secret)? = token["secret"]
            else { return response }
            return render(try await Pages(site: self, visit: visit).account(secret: secret), visit, version: version)
        } catch {
            return refusal(Problem(any: error), visit, version: version, back: "/account")
        }
    }

    /// Shows a new second factor, and switches it on once a code of it comes back.
    private func switchFactorOn(
        _ make: Operation, _ set: Operation, _ request: Request, _ context: SiteContext
    ) async throws -> Response {
        let visit = Visit(path: "/account", query: [:], request, context.identity, catalogues)
        let version = await control.readModel().version
        do {
            let fields = try await FormFields(reading: request)
            try gate.check(make.access, fields, context)
            var problem: Problem?
            if !fields["secret"].isEmpty {
                do {
                    _ = try await perform(set, fields.fields, request, context)
                    return Response(status: .seeOther, headers: [.location: "/account"])
                } catch let refused as Problem where refused.status == .forbidden || refused.status == .badRequest {
                    problem = refused
                }
            }
            let body = try await perform(make, [:], request, context).body.collected()
            guard case .object(let made) = try JSONDecoder().decode(JSONValue.self, from: body),
                case .string(let fresh)? = made["secret"], case .string(let uri)? = made["uri"]
            else { return Response(status: .seeOther, headers: [.location: "/account"]) }
            // Who has mistyped the code has the secret in their app already.
            let secret = problem == nil ? fresh : fields["secret"]
            let factor = Pages.NewFactor(
                secret: secret, uri: uri.replacing(fresh, with: secret.urlEncoded), problem: problem?.detail)
            return render(
                try await Pages(site: self, visit: visit).account(factor: factor), visit, version: version,
                status: problem?.status ?? .ok)
        } catch {
            return refusal(Problem(any: error), visit, version: version, back: "/account")
        }
    }

    static func isScript(_ request: Request) -> Bool {
        HTTPField.Name("X-Ninelives").map { request.headers[$0] != nil } ?? false
    }

    private func carryOut(
        _ operation: Operation, _ fields: FormFields, _ request: Request, _ context: SiteContext, back: String
    ) async throws -> Response {
        try gate.check(operation.access, fields, context)
        let base = try await checkSeen(operation.id, fields.fields)
        let response = try await perform(operation, fields.fields, request, context, base: base)
        guard (200..<300).contains(response.status.code) else { return response }
        if Self.isScript(request) { return Response(status: .noContent) }
        return Response(status: .seeOther, headers: [.location: back])
    }

    /// Calls an operation with a form's fields in the place of path, query and body.
    func perform(
        _ operation: Operation, _ fields: [String: String], _ request: Request, _ context: SiteContext,
        base: Int? = nil
    ) async throws -> Response {
        var path: [String: String] = [:]
        for name in operation.pathParameters { path[name] = fields[name] ?? "" }
        var query: [String: JSONValue] = [:]
        for parameter in operation.query {
            if let text = fields[parameter.name], !text.isEmpty {
                query[parameter.name] = parameter.schema.value(of: text)
            }
        }
        var call = Call(
            identity: context.identity, address: context.address, request: request, path: path, query: query)
        call.base = base
        if let schema = operation.body {
            call.body = schema.value(of: fields)
            let violations = schema.violations(of: call.body)
            if !violations.isEmpty { throw Problem(.badRequest, "The form is not complete.", violations: violations) }
            call.bodyData = Data(try JSON.encode(call.body).readableBytesView)
        }
        return try await operation.handle(call)
    }
}

extension Gate {
    /// The same as for the API, but that a form carries in a field what proves that it is ours.
    func check(_ access: Operation.Access, _ fields: FormFields, _ context: SiteContext) throws {
        guard case .session(_, let csrf)? = context.identity?.proof else {
            throw Problem.unauthorized("This needs an account: log in first.")
        }
        guard fields["csrf"] == csrf else {
            throw Problem(.forbidden, "This form is too old: load the page again.")
        }
        try checkRole(access, context.identity)
    }
}

extension Schema {
    /// A form's fields as the object that they describe; fields of other names are left out.
    func value(of fields: [String: String]) -> JSONValue {
        guard case .object(let properties) = self else { return .null }
        var members: [String: JSONValue] = [:]
        for property in properties {
            guard let text = fields[property.name] else { continue }
            if let value = property.schema.formValue(of: text, isRequired: property.isRequired) {
                members[property.name] = value
            }
        }
        return .object(members)
    }

    /// Nil where an empty field means that nothing is said.
    private func formValue(of text: String, isRequired: Bool) -> JSONValue? {
        switch self {
        case .nullable(let schema): text.isEmpty ? .null : schema.formValue(of: text, isRequired: true)
        case .bool: .bool(text == "true" || text == "on")
        case .array(let item):
            .array(
                text.split(whereSeparator: \.isWhitespace).compactMap {
                    item.formValue(of: String($0), isRequired: true)
                })
        case .map(let item):
            // `*=operator charlie=viewer`
            .object(
                Dictionary(
                    text.split(whereSeparator: \.isWhitespace).compactMap { pair -> (String, JSONValue)? in
                        let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
                        guard parts.count == 2, let value = item.formValue(of: parts[1], isRequired: true) else {
                            return nil
                        }
                        return (parts[0], value)
                    }
                ) { $1 })
        default: text.isEmpty && !isRequired ? nil : value(of: text)
        }
    }
}

extension Problem {
    /// Whatever went wrong, as a problem.
    init(any error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let error as AccountsError: self.init(error)
        default: self.init(.internalServerError, "Something went wrong: \(error)")
        }
    }
}

extension ResponseBody {
    /// The whole body, as one.
    fileprivate func collected() async throws -> Data {
        let (stream, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
        try await write(Collector(continuation: continuation))
        continuation.finish()
        var data = Data()
        for await buffer in stream { data.append(contentsOf: buffer.readableBytesView) }
        return data
    }

    private struct Collector: ResponseBodyWriter {
        let continuation: AsyncStream<ByteBuffer>.Continuation

        mutating func write(_ buffer: ByteBuffer) async throws { continuation.yield(buffer) }
        consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}
