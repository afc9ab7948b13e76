<?php
// SPDX-License-Identifier: MIT
namespace App;

use Symfony\Component\Form\AbstractType;
use Symfony\Component\Form\Extension\Core\Type\{CheckboxType, ChoiceType, EmailType, SubmitType, TextareaType, TextType};
use Symfony\Component\Form\{FormBuilderInterface, FormFactoryInterface};
use Symfony\Component\HttpFoundation\{Request, Response};
use Symfony\Component\Validator\Constraints\{Email, Length, NotBlank};
use Twig\Environment;

class Contact
{
    public function __construct(private FormFactoryInterface $forms, private Environment $twig)
    {
    }

    public function __invoke(Request $request): Response
    {
        $form = $this->forms->create(ContactType::class);
        $form->handleRequest($request);
        if ($form->isSubmitted() && $form->isValid()) {
            return new Response('sent by ' . $form->getData()['email']);
        }

        return new Response($this->twig->render('form.html.twig', ['form' => $form->createView()]));
    }
}

class ContactType extends AbstractType
{
    public function buildForm(FormBuilderInterface $builder, array $options): void
    {
        $builder
            ->add('name', TextType::class, ['constraints' => [new NotBlank(), new Length(['min' => 2, 'max' => 50])]])
            ->add('email', EmailType::class, ['constraints' => [new NotBlank(), new Email()]])
            ->add('subject', ChoiceType::class, ['choices' => ['Question' => '0', 'Order' => '1', 'Complaint' => '2']])
            ->add('text', TextareaType::class, ['constraints' => [new NotBlank(), new Length(['max' => 500])]])
            ->add('copy', CheckboxType::class, ['required' => false])
            ->add('send', SubmitType::class);
    }

    public function getBlockPrefix(): string
    {
        return 'contact';
    }
}
