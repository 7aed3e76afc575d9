import Testing

@testable import Web

@Suite struct HTMLTests {
    @Test func `what is put into markup is escaped, and markup is not`() {
        let hostile = "<script>alert(\"x\" & 'y')</script>"
        let inner: HTML = "<b>\(hostile)</b>"
        let outer: HTML = "<p title=\"\(hostile)\">\(inner) \(7)</p>"
        #expect(
            outer.text
                == "<p title=\"&lt;script&gt;alert(&quot;x&quot; &amp; &#39;y&#39;)&lt;/script&gt;\">"
                + "<b>&lt;script&gt;alert(&quot;x&quot; &amp; &#39;y&#39;)&lt;/script&gt;</b> 7</p>")
    }

    @Test func `a keyed part bears its key as an attribute`() {
        let part = HTML.keyed("a\"b", "<li class=\"x\">1</li>")
        #expect(part.text == "<li data-key=\"a&quot;b\" class=\"x\">1</li>")
    }

    private func list(_ items: [(String, String)], title: String = "t") -> HTML {
        let lines = items.map { HTML.keyed($0, "<li>\($1)</li>") }
        let list = HTML.keyed("list", "<ol>\(lines)</ol>")
        return "<h1>\(title)</h1>\(list)"
    }

    @Test(
        arguments: [
            // nothing has changed
            ([("a", "1"), ("b", "2")], [("a", "1"), ("b", "2")], []),
            // one line has
            (
                [("a", "1"), ("b", "2")], [("a", "1"), ("b", "3")], [Patch(key: "b", html: "<li data-key=\"b\">3</li>")]
            ),
            // a line is new: the others are kept, not sent
            (
                [("a", "1"), ("b", "2")], [("c", "0"), ("a", "1"), ("b", "2")],
                [
                    Patch(
                        key: "list",
                        html: "<ol data-key=\"list\"><li data-key=\"c\">0</li><template data-keep=\"a\"></template>"
                            + "<template data-keep=\"b\"></template></ol>")
                ]
            ),
            // one is gone, another has changed
            (
                [("a", "1"), ("b", "2"), ("c", "3")], [("b", "2"), ("c", "4")],
                [
                    Patch(
                        key: "list",
                        html:
                            "<ol data-key=\"list\"><template data-keep=\"b\"></template><li data-key=\"c\">4</li></ol>")
                ]
            ),
        ] as [([(String, String)], [(String, String)], [Patch])])
    func `an open page is brought up to date with the least`(
        old: [(String, String)], new: [(String, String)], expected: [Patch]
    ) {
        #expect(Patch.patches(from: list(old), to: list(new)) == expected)
    }

    @Test func `where the page itself has changed there is nothing to start from`() {
        #expect(Patch.patches(from: list([]), to: list([], title: "other")) == nil)
    }
}
