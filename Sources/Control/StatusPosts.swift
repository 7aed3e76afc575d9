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
    func add(_ post: StatusPost) async throws(OrderError) -> StatusPost
    /// False if there is no such post.
    func removeStatusPost(_ id: Int) async throws(OrderError) -> Bool
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

    private func storedPosts() -> [StatusPost] {
        guard let text = try? keeping?.store.fact(Self.postsKey) else { return [] }
        return (try? JSONDecoder().decode([StatusPost].self, from: Data(text.utf8))) ?? []
    }

    package func add(_ post: StatusPost) async throws(OrderError) -> StatusPost {
        var posts = statusPosts()
        var post = post
        post.id = (posts.map(\.id).max() ?? 0) + 1
        post.at = clock.now.seconds
        posts.insert(post, at: 0)
        try await keep(Array(posts.prefix(Self.mostPosts)))
        return post
    }

    package func removeStatusPost(_ id: Int) async throws(OrderError) -> Bool {
        var posts = statusPosts()
        guard let place = posts.firstIndex(where: { $0.id == id }) else { return false }
        posts.remove(at: place)
        try await keep(posts)
        return true
    }

    private func keep(_ posts: [StatusPost]) async throws(OrderError) {
        guard let keeping else { throw .noHistory("there is no store") }
        guard let data = try? JSONEncoder().encode(posts) else { return }
        self.posts = posts
        do {
            try await keeping.store.commit(
                [.fact(key: Self.postsKey, value: String(decoding: data, as: UTF8.self))], isKept: true)
        } catch {
            throw .notKept("\(error)")
        }
    }
}
