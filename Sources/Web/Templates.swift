import Mustache

/// The pages' templates, compiled once from what is embedded in the binary.
struct Templates: Sendable {
    private let library: MustacheLibrary

    /// Throws what is wrong with a template; the templates are our own, and a test compiles them all.
    init() throws {
        var library = MustacheLibrary()
        let sources: [(String, [UInt8])] = [
            ("page", PackageResources.page_mustache), ("overview", PackageResources.overview_mustache),
            ("scheme", PackageResources.scheme_mustache), ("timeline", PackageResources.timeline_mustache),
            ("explain", PackageResources.explain_mustache), ("indicator", PackageResources.indicator_mustache),
            ("login", PackageResources.login_mustache), ("api", PackageResources.api_mustache),
        ]
        for (name, source) in sources { try library.register(String(decoding: source, as: UTF8.self), named: name) }
        self.library = library
    }

    /// Text is escaped wherever it is put in, but for a page's own rendered content.
    func render(_ view: [String: Any], with template: String) -> String {
        library.render(view, withTemplate: template) ?? ""
    }
}
