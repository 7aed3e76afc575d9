import Accounts
import Control
import HTTPTypes
import Hummingbird
import Notices

/// A test notice by a form: what came of it is shown on a page of its own, with the way back.
extension Site {
    func addNoticeTest(to router: Router<SiteContext>) {
        router.post("/notices/test") { request, context in
            let fields = try await FormFields(reading: request)
            let back = Self.local(fields["back"])
            let visit = Visit(path: "/notices", query: [:], request, context.identity, catalogues)
            let pages = await Pages(site: self, visit: visit)
            do {
                try gate.check(.project(.operator), fields, context)
                let test = try await testChannel(fields["channel"], Asker(request: request, context: context).call)
                return render(pages.channelTested(test, back: back), visit, version: pages.model.version)
            } catch {
                return refusal(Problem(any: error), visit, version: pages.model.version, back: back)
            }
        }
    }

    /// Sends a test notice as whoever asks, who may.
    ///
    /// - Throws: a `Problem` where they may not, or there is no such channel.
    func testChannel(_ channel: String, _ call: Call) async throws -> ChannelTest {
        guard try await mayTest(channel, call.identity) else {
            throw Problem(.forbidden, "\(call.actor) may not: \(channel) is no channel of a project of theirs.")
        }
        guard let test = try await noticing().testChannel(channel, by: call.actor) else {
            throw Problem(.notFound, "There is no channel \"\(channel)\".")
        }
        try await note("notices.test", channel, call, detail: test.isDelivered ? "delivered" : test.words)
        return test
    }
}

extension Pages {
    /// The button that sends a test notice, and leads to what came of it.
    func channelTestForm(_ channel: String) -> HTML {
        """
        <form method="post" action="/notices/test" class="inline"><input type="hidden" name="csrf" value="\(visit.csrf ?? "")"><input type="hidden" \
        name="back" value="\(visit.path)"><input type="hidden" name="channel" value="\(channel)"><button class="small">\(words("notice.test"))\
        <span class="hidden"> \(channel)</span></button></form>
        """
    }

    /// What came of a test notice.
    func channelTested(_ test: ChannelTest, back: String) -> PageContent {
        let title = words("notice.tested", test.channel)
        let state = test.isDelivered ? "delivered" : "given-up"
        let body: HTML = """
            <section class="card narrow"><h1>\(title)</h1><p role="status">\(badge(test.isDelivered ? .good : .bad, words("notice.state.\(state)"))) \
            \(words.said(test.words)) <span class="quiet">· \(milliseconds(test.milliseconds))</span></p><p><a href="\(back)">\(words("refused.back"))</a></p></section>
            """
        return PageContent(title: "\(title) · Ninelives", section: .notices, body: body, isLive: false)
    }
}
