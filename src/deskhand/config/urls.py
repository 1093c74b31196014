"""Every address of the product; a view without a gate stops the start (`ui.gates`)."""

from django.urls import include, path
from django.views.decorators.http import require_safe

from deskhand.ui import http
from deskhand.ui.gates import before_setup, guarded

urlpatterns = guarded(
    [
        path("brand.css", before_setup(require_safe(http.brand_css)), name="brand_css"),
        path("desk/", include("deskhand.staff.urls")),
        path("", include("deskhand.api.urls")),
        path("", include("deskhand.portal.urls")),
    ]
)

handler400 = http.bad_request
handler403 = http.forbidden
handler404 = http.not_found
handler429 = http.too_many  # allauth looks for this name
handler500 = http.broken
