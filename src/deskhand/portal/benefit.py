"""What came with a purchase and waits to be claimed (S2.2)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from deskhand.entitlements.changes import claim_benefit
from deskhand.entitlements.errors import ShopError
from deskhand.entitlements.models import Purchase
from deskhand.ui import gates
from deskhand.ui.forms import once, read_key
from deskhand.ui.http import SignedInRequest, go


@require_POST
@gates.portal
def claim(request: SignedInRequest, pk: int) -> HttpResponse:
    """Its buyer says that they have it; back to the page with the button: the purchases, or a form for help."""
    purchase = get_object_or_404(
        Purchase.objects.visible_to(request.user).owned_by(request.user).select_related("product"), pk=pk
    )
    sent = read_key(request)
    page = sent.page if sent else reverse("purchases")
    try:
        with once(request, leads_to=page):
            claim_benefit(purchase, by=request.user, at=timezone.now())
    except ShopError:
        messages.error(request, _("There is nothing to claim any more."))
    else:
        messages.success(request, _("Noted: you have claimed %(benefit)s.") % {"benefit": purchase.product.benefit})
    return go(request, page)
