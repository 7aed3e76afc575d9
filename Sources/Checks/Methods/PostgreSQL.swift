import NIOCore
import Secrets

/// `postgresql`: a server answers, logs us in, and is the writable primary if asked for.
package struct PostgreSQL: Check {
    package static let method = "postgresql"
    package static let summary = "A PostgreSQL server answers, and is the writable primary if asked for."
    package static let parameters = DatabaseServer.parameters(port: 5432)

    private let database: DatabaseServer

    package init(_ arguments: CheckArguments) throws(CheckArgumentErrors) {
        var reader = ArgumentReader(arguments, of: Self.self)
        database = try DatabaseServer(&reader, port: 5432)
    }

    package var target: String { database.server.description }

    package func probe(timeout: Duration, on group: any EventLoopGroup) async -> ProbeResult {
        await database.server.probe(
            timeout: timeout, on: group, hiding: database.login?.password.map { [$0.reveal()] } ?? [],
            PostgreSQLConversation(login: database.login, role: database.role, tls: database.identity))
    }
}
