"""The interface's documentation in a real browser: offline, under the site's content policy."""


def test_the_documentation_opens_without_a_word_from_elsewhere_and_without_a_complaint(visitor):
    context = visitor.context()
    asked = []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/api/docs/")
    page.locator(".opblock-post").first.click()
    page.locator(".opblock-body").wait_for()
    assert page.locator(".opblock").count() == 5
    assert [url for url in asked if not url.startswith((visitor.site.origin, "data:"))] == []
