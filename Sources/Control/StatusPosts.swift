import Failover
import Foundation
import Storage

/// What operators tell everybody on the status page: of an incident, or of maintenance to come.
package struct StatusPost: Codable, Hashable, Sendable {
    package var id: Int
    /// Seconds since 1970.
    package var at: Double
    /// `incident` or `maintenance`.
    package var kind: String
    /// Which name it is about; nil: all.
    package var scheme: String?
    package var text: String
    /// When the maintenance begins and ends, seconds since 1970; nil where that is not said.
    package var from: Double?
    package var until: Double?

    package init(kind: String, scheme: String?, text: String, from: Double?, until: Double?) {
        id = 0
        at = 0
        self.kind = kind
        self.scheme = scheme
        self.text = text
        self.from = from
        self.until = until
    }
}

/// What can be told on the status page. `Control` is it, and tests may stand in for it.
package protocol StatusPostInterface: Sendable {
    /// The newest first, at most 100: older ones are forgotten.
    func statusPosts() async -> [StatusPost]
    /// Returns it with its id and time.
    ///
    /// - Parameter entry: goes into the audit log with it, its target being the post's id, or neither does; so too below.
    func add(_ post: StatusPost, noting entry: AuditEntry?) async throws(OrderError) -> StatusPost
    /// False if there is no such post.
    func removeStatusPost(_ id: Int, noting entry: AuditEntry?) async throws(OrderError) -> Bool
}

extension Control: StatusPostInterface {
    private static let postsKey = "status-posts"
    private static let mostPosts = 100

    package func statusPosts() -> [StatusPost] {
        if let posts { return posts }
        let stored = storedPosts()
        posts = stored
        return stored
    }

    private func storedPosts() -> [StatusPost] { Self.posts(in: try? keeping?.store.fact(Self.postsKey)) }

    private static func posts(in text: String?) -> [StatusPost] {
        guard let text else { return [] }
        return (try? JSONDecoder().decode([StatusPost].self, from: Data(text.utf8))) ?? []
    }

    package func add(_ post: StatusPost, noting entry: AuditEntry?) async throws(OrderError) -> StatusPost {
        let now = clock.now.seconds
        return try await changePosts { posts in
            var post = post
            post.id = (posts.map(\.id).max() ?? 0) + 1
            post.at = now
            posts = Array(([post] + posts).prefix(Self.mostPosts))
            var entry = entry
            entry?.target = "\(post.id)"
            return (post, entry)
        }
    }

    package func removeStatusPost(_ id: Int, noting entry: AuditEntry?) async throws(OrderError) -> Bool {
        try await changePosts { posts in
            guard let place = posts.firstIndex(where: { $0.id == id }) else { return (false, nil) }
            posts.remove(at: place)
            return (true, entry)
        }
    }

    /// Changes the posts as they are on the disk at that moment; nobody sees the change before it is there.
    private func changePosts<Value: Sendable>(
        _ change: @escaping @Sendable (inout [StatusPost]) -> (Value, AuditEntry?)
    ) async throws(OrderError) -> Value {
        guard let keeping else { throw .noHistory("there is no store") }
        do {
            let value = try await keeping.store.change(fact: Self.postsKey) { text in
                var posts = Self.posts(in: text)
                let (value, entry) = change(&posts)
                text = String(decoding: try JSONEncoder().encode(posts), as: UTF8.self)
                return (value, entry)
            }
            posts = nil
            return value
        } catch {
            throw .notKept("\(error)")
        }
    }
}
