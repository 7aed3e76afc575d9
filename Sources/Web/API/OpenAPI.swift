import HTTPTypes
import JSONTree

/// The document of the API (OpenAPI 3.1), made from the operations themselves.
struct OpenAPI {
    let operations: [Operation]
    let version: String

    var document: JSONValue {
        var paths: [String: JSONValue] = [:]
        for operation in operations {
            var path: [String: JSONValue] = if case .object(let known) = paths[operation.path] { known } else { [:] }
            path[operation.method.rawValue.lowercased()] = self.operation(operation)
            paths[operation.path] = .object(path)
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Ninelives", "version": .string(version),
                "description": "Keeps a DNS name pointing at a server that works, and explains why.",
                "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
            ],
            "paths": .object(paths),
            "components": [
                "schemas": .object(Schemas.all.mapValues(\.json)),
                "securitySchemes": [
                    "token": ["type": "http", "scheme": "bearer"],
                    "session": ["type": "apiKey", "in": "cookie", "name": .string(Gate.cookie)],
                ],
            ],
        ]
    }

    private func operation(_ operation: Operation) -> JSONValue {
        var object: [String: JSONValue] = [
            "operationId": .string(operation.id), "summary": .string(operation.summary),
            "responses": .object(responses(of: operation)),
        ]
        let inPath = operation.pathParameters.map { name -> JSONValue in
            ["name": .string(name), "in": "path", "required": true, "schema": ["type": "string", "minLength": 1]]
        }
        let inQuery = operation.query.map { parameter -> JSONValue in
            [
                "name": .string(parameter.name), "in": "query", "required": false,
                "description": .string(parameter.description), "schema": parameter.schema.json,
            ]
        }
        var headers = operation.headers
        if operation.method == .post, operation.remembersReplies { headers.append(Replies.parameter) }
        let inHeader = headers.map { parameter -> JSONValue in
            [
                "name": .string(parameter.name), "in": "header", "required": false,
                "description": .string(parameter.description), "schema": parameter.schema.json,
            ]
        }
        let parameters = inPath + inQuery + inHeader
        if !parameters.isEmpty { object["parameters"] = .array(parameters) }
        if let body = operation.body {
            object["requestBody"] = [
                "required": true, "content": .object([operation.bodyType: ["schema": body.json]]),
            ]
        }
        switch operation.access {
        case .anyone: object["security"] = []
        case .reader, .projectReader: object["security"] = [[:], ["token": []], ["session": []]]
        case .role, .project, .oneself: object["security"] = [["token": []], ["session": []]]
        }
        return .object(object)
    }

    private func responses(of operation: Operation) -> [String: JSONValue] {
        var responses: [String: JSONValue] = [:]
        var success: [String: JSONValue] = ["description": .string(operation.status.reasonPhrase)]
        if let result = operation.result {
            success["content"] = .object([operation.type: ["schema": result.json]])
        }
        if !operation.links.isEmpty {
            let links = operation.links.map { link -> (String, JSONValue) in
                let value = JSONValue.string("$response.body#\(link.pointer)")
                return (
                    link.operation,
                    ["operationId": .string(link.operation), "parameters": .object([link.parameter: value])]
                )
            }
            success["links"] = .object(Dictionary(links) { first, _ in first })
        }
        responses["\(operation.status.code)"] = .object(success)
        var problems = [400, 401, 403, 406] + operation.problems.map(\.code)
        if operation.body != nil { problems += [413, 415] }
        if operation.method == .post, operation.remembersReplies { problems += [409, 422, 503] }
        for code in problems {
            responses["\(code)"] = [
                "description": "A problem (RFC 9457).",
                "content": ["application/problem+json": ["schema": ["$ref": "#/components/schemas/Problem"]]],
            ]
        }
        return responses
    }
}
